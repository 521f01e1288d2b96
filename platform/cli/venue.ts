/**
 * How a command reaches the venue: a session of the client, or a request over HTTP, which needs no key. One sentence
 * and an exit code for everything that can go wrong on the way. Main thread.
 */

import type { ConnectOptions } from '../../client/connect-options.js';
import { readKeyFile, TredyeClient, TredyeError } from '../../client/index.js';
import {
  EXIT_CONFIGURATION,
  EXIT_KEY,
  EXIT_NO_VENUE,
  EXIT_REFUSED,
  EXIT_WORKER_DIED,
  PlatformError,
} from '../exit-codes.js';

/** Behind the client's own words about a symbol that there is not. */
const LISTED_BY = ': tredye instrument list shows all.';
/** What to do about a refusal, by its reason, where it can be said in a few words. */
const ADVICE: Readonly<Record<string, string>> = {
  AlreadyExists: 'it is there already: give another name',
  UnknownAccount: 'tredye account list shows all',
  UnknownKey: 'tredye account list shows all',
  NotAllowed: 'log on with a key that has the right',
  NotInThisPhase: 'tredye instrument list shows the phase',
  OutsideStaticBand: 'the price is too far from the reference price of the instrument: the answer says the furthest',
  PriceOutOfRange: 'tredye instrument list shows the lowest and the highest price',
  QuantityOutOfRange: 'tredye instrument list shows the largest order',
  TermsOutOfRange:
    'the highest price times the largest order times the unit is at most 2^50 in ticks and lots, and the shard is one of the venue; with assets prices are at least one tick, and no fee is above the cap',
  UnknownOrder: 'it is gone or never was: tredye order status says which',
  PostOnlyWouldCross: 'it would have traded at once',
  FillOrKillNotFillable: 'the book does not hold so much at this price',
  LanesFull: 'use a lane again, with --lane',
  UnknownAsset: 'tredye asset list shows all',
  WrongShard: 'there is no such shard',
  Killed: 'it is out of trading until tredye kill --off',
  OrderRate: 'wait a moment and send it again',
  OrderQuantityLimit: 'the account may not enter so large an order: tredye account limits',
  OrderNotionalLimit: 'the account may not enter an order of such an amount: tredye account limits',
  OpenOrdersLimit: 'cancel one first, or ask for more: tredye account limits',
  PositionLimit: 'with all open orders the position would be too large: tredye account limits',
  NotEnoughMoney: 'tredye account balance shows what is available',
  SupplyFull: 'a venue holds no more of an asset than can be counted exactly',
};
const ANSWER_MS = 10_000;
/** A command that is over in a moment does not wait for a venue to come back. */
const GIVE_UP_MS = 10_000;

export interface Address {
  readonly url: string;
  readonly key: string;
  readonly lane: number;
  /** Of commands about market, risk and administration. */
  readonly why?: string;
}

export function connect(address: Address, options: ConnectOptions = {}): Promise<TredyeClient> {
  return TredyeClient.connect(address.url, readKeyFile(address.key), {
    lane: address.lane,
    giveUpAfterMs: GIVE_UP_MS,
    ...options,
  });
}

/** Connects, does it, closes. */
export async function withVenue<Result>(
  address: Address,
  use: (client: TredyeClient) => Promise<Result>,
  options: ConnectOptions = {},
): Promise<Result> {
  const client = await connect(address, options);
  try {
    if (address.why !== undefined) client.because(address.why);
    return await use(client);
  } finally {
    await client.close();
  }
}

/** The exit code of an error of the client. */
function exitCodeOf(error: TredyeError): number {
  switch (error.code) {
    case 'CONNECT_FAILED':
    case 'NOT_CONNECTED':
    case 'TIMED_OUT':
    case 'UNSETTLED':
    case 'NEVER_HAPPENED':
      return EXIT_NO_VENUE;
    case 'LOGON_REFUSED':
    case 'BAD_KEY':
      return EXIT_KEY;
    case 'BAD_ARGUMENT':
      return EXIT_CONFIGURATION;
    default:
      return EXIT_REFUSED;
  }
}

function httpBase(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw wrongAddress(url);
  }
  if (parsed.protocol === 'ws:') parsed.protocol = 'http:';
  if (parsed.protocol === 'wss:') parsed.protocol = 'https:';
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') throw wrongAddress(url);
  return parsed.origin;
}

function wrongAddress(url: string): PlatformError {
  return new PlatformError(
    'BAD_ARGUMENT',
    EXIT_CONFIGURATION,
    `"${url}" is not a WebSocket address: give one like ws://127.0.0.1:7400.`,
  );
}

function causeOf(error: unknown): string {
  if (error instanceof DOMException) return `nothing came in ${ANSWER_MS / 1000} s`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return String(cause);
}

interface HttpError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** The error in the body of an answer that is no 200; null when it is not of our form. */
function errorIn(body: unknown): HttpError | null {
  if (typeof body !== 'object' || body === null || !('error' in body)) return null;
  const { error } = body;
  if (typeof error !== 'object' || error === null || !('code' in error && 'message' in error)) return null;
  return {
    code: String(error.code),
    message: String(error.message),
    hint: 'hint' in error ? String(error.hint) : '',
  };
}

/** GET of a path of the venue; the JSON that it answers, as the one who asks knows its form. */
export async function getJson<Body>(url: string, path: string): Promise<Body> {
  const address = httpBase(url) + path;
  let answer: { readonly ok: boolean; readonly status: number; readonly text: string };
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) });
    answer = { ok: response.ok, status: response.status, text: await response.text() };
  } catch (error) {
    throw noAnswer(url, causeOf(error));
  }
  let body: unknown;
  try {
    body = JSON.parse(answer.text);
  } catch {
    throw noAnswer(url, `status ${answer.status} and no JSON`);
  }
  if (answer.ok) return body as Body;
  const found = errorIn(body);
  if (found === null) throw noAnswer(url, `status ${answer.status}`);
  // What the venue itself cannot do just now is no refusal.
  const exitCode = answer.status < 500 ? EXIT_REFUSED : EXIT_NO_VENUE;
  throw new PlatformError(found.code, exitCode, `${found.message} ${found.hint}`.trim());
}

function noAnswer(url: string, why: string): PlatformError {
  const sentence =
    why === 'ECONNREFUSED'
      ? `Nothing listens at ${url}: start the platform or correct the address.`
      : `No answer of a venue from ${url} (${why}): correct the address.`;
  return new PlatformError('CONNECT_FAILED', EXIT_NO_VENUE, sentence, true);
}

/** The same for a path about one instrument; `query` with its question mark. */
export async function getOfSymbol<Body>(url: string, what: string, symbol: string, query: string): Promise<Body> {
  try {
    return await getJson<Body>(url, `/v1/${what}/${encodeURIComponent(symbol)}${query}`);
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'UNKNOWN_SYMBOL') throw noSuchInstrument(symbol);
    throw error;
  }
}

export function noSuchInstrument(symbol: string): PlatformError {
  return new PlatformError('UNKNOWN_SYMBOL', EXIT_REFUSED, `There is no instrument ${symbol}${LISTED_BY}`);
}

/** Ends a sentence that names the reason. */
function adviceOn(reason: string | null): string {
  const advice = reason === null ? undefined : ADVICE[reason];
  return advice === undefined ? '.' : `; ${advice}.`;
}

/** A refusal by the venue, of a command that reached it. */
export function refused(what: string, reason: string): PlatformError {
  return new PlatformError('REFUSED', EXIT_REFUSED, `The venue refused ${what}: ${reason}${adviceOn(reason)}`);
}

/** What the process says and leaves with, for any error. */
export function lastWords(error: unknown): { readonly sentence: string; readonly exitCode: number } {
  if (error instanceof PlatformError) return { sentence: error.message, exitCode: error.exitCode };
  if (error instanceof TredyeError) {
    const more = error.code === 'UNKNOWN_SYMBOL' ? LISTED_BY : adviceOn(error.code === 'REFUSED' ? error.reason : null);
    return { sentence: error.message.replace(/\.$/, more), exitCode: exitCodeOf(error) };
  }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { sentence: `The command found a bug of ours; report this: ${what}`, exitCode: EXIT_WORKER_DIED };
}
