/**
 * Orders over HTTP, for who needs one now and then and no stream: the bodies of POST /v1/logon and POST /v1/orders, and
 * what their answers say. The requests themselves are the caller's, by fetch or whatever he has. Node; any thread.
 *
 *   POST /v1/logon, empty         -> Challenge              answerChallenge -> nonce, body
 *   POST /v1/logon, nonce, body   -> token in a header      tokenOf
 *   POST /v1/orders, token, frame -> reports, durable       orderFrame or pairFrame, reportsOf
 */

import { AckLevel } from '../schemas/codes.js';
import { decodeControl, encodeControl, encodeLogonTerms } from '../schemas/control.js';
import { ReportFrameReader } from '../schemas/frame-verifier.js';
import { CommandFrameWriter } from '../schemas/frame-writer.js';
import { COMMAND_WORDS, EVENT_WORDS } from '../schemas/layout.js';
import { logonMessage } from '../schemas/logon.js';
import { legWords, newOrderWords, type OrderTerms, putClientOrderId } from './commands.js';
import { counterFrom, DEFAULT_LANE } from './connect-options.js';
import { type AnyReport, reportAt } from './events.js';
import { type KeyGiven, signerOf } from './node/signer.js';
import { TredyeError } from './tredye-error.js';

export { readKeyFile } from './node/signer.js';

const OK = 200;
const PENDING = 202;
/** Not used over HTTP, but a part of the terms. */
const HEARTBEAT_SECONDS = 60;

/** What the second request of a logon is made of. */
export interface ChallengeAnswer {
  /** Of the header `tredye-nonce`. */
  readonly nonce: string;
  readonly body: Uint8Array;
}

/** challenge: the answer to the first request. Throws LOGON_REFUSED, BAD_KEY. */
export async function answerChallenge(
  challenge: Response,
  key: KeyGiven,
  lane = DEFAULT_LANE,
): Promise<ChallengeAnswer> {
  const message = decodeControl(await bytesOf(challenge, 'LOGON_REFUSED'));
  if (typeof message === 'number' || message.type !== 'Challenge') {
    throw new TredyeError('CONNECT_FAILED', `${challenge.url} answered with something else than a challenge.`);
  }
  const { version, venue, nonce } = message;
  const { keyId, sign, hash } = signerOf(key);
  const terms = encodeLogonTerms({
    version,
    keyId,
    lane,
    ackLevel: AckLevel.Disk,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    resume: [],
  });
  const signature = await sign(logonMessage(venue, nonce, keyId, await hash(terms)));
  return { nonce: Buffer.from(nonce).toString('hex'), body: encodeControl({ type: 'Logon', terms, signature }) };
}

/** logon: the answer to the second request. The token goes into `authorization: Bearer TOKEN`. Throws LOGON_REFUSED. */
export async function tokenOf(logon: Response): Promise<string> {
  await bytesOf(logon, 'LOGON_REFUSED');
  const token = logon.headers.get('tredye-token');
  if (token === null) throw new TredyeError('CONNECT_FAILED', `${logon.url} answered a logon without a token.`);
  return token;
}

/**
 * A frame with one new order of any kind. counter: above all that this lane has used; by default from the clock. Throws
 * BAD_ARGUMENT for fields that the order cannot have, before anything is sent.
 */
export function orderFrame(
  instrument: number,
  order: OrderTerms,
  lane = DEFAULT_LANE,
  counter = counterFrom(Date.now()),
): Uint8Array {
  return frameOf(newOrderWords(instrument, order), lane, counter);
}

/** A frame with two orders of which one cancels the other: entered together or not at all. They use two counters. */
export function pairFrame(
  instrument: number,
  first: OrderTerms,
  second: OrderTerms,
  lane = DEFAULT_LANE,
  counter = counterFrom(Date.now()),
): Uint8Array {
  return frameOf(legWords(instrument, first, second), lane, counter);
}

function frameOf(words: Int32Array, lane: number, firstCounter: number): Uint8Array {
  const commands = words.length / COMMAND_WORDS;
  for (let command = 0; command < commands; command++) {
    putClientOrderId(words, command * COMMAND_WORDS, lane, firstCounter + command);
  }
  const writer = new CommandFrameWriter();
  writer.begin();
  writer.append(words, 0, commands);
  return writer.finish(1).slice();
}

/** The reports of the commands of a frame, durable. Throws REFUSED with the platform's sentence, TIMED_OUT when it has not ended yet. */
export async function reportsOf(answer: Response): Promise<AnyReport[]> {
  const bytes = await bytesOf(answer, 'REFUSED');
  if (answer.status === PENDING) {
    const sentence = 'The order has not ended after five seconds: send the same frame again to ask again.';
    throw new TredyeError('TIMED_OUT', sentence, { canRetry: true });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const reader = new ReportFrameReader();
  const reports: AnyReport[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.length || reader.take(bytes.subarray(at + 4, end)) !== 0) {
      throw new TredyeError('CONNECT_FAILED', `${answer.url} answered with something else than report frames.`);
    }
    for (let record = 0; record < reader.count; record++) {
      const word = reader.recordsAtWord + record * EVENT_WORDS;
      reports.push(reportAt(reader.words, word, reader.shard, reader.epoch));
    }
    at = end;
  }
  return reports;
}

/** The body of an answer that says yes; else its error, thrown with that code, its sentence and its hint. */
async function bytesOf(answer: Response, code: 'LOGON_REFUSED' | 'REFUSED'): Promise<Uint8Array> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (answer.status === OK || answer.status === PENDING) return bytes;
  const refused = errorIn(bytes);
  if (refused === null) throw new TredyeError('CONNECT_FAILED', `${answer.url} answered with HTTP ${answer.status}.`);
  throw new TredyeError(code, `${refused.message} ${refused.hint}`, {
    reason: refused.code,
    canRetry: answer.status >= 429,
  });
}

function errorIn(bytes: Uint8Array): { readonly code: string; readonly message: string; readonly hint: string } | null {
  try {
    const { error } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof error?.message === 'string' ? error : null;
  } catch {
    return null;
  }
}
