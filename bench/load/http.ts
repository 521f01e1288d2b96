/**
 * Orders over HTTP: autocannon against POST /v1/orders beside autocannon against an empty route of uWebSockets.js that
 * answers as many bytes. Every connection has a token and a lane of its own, every request an id of its own; what counts
 * is the number of orders that were accepted and are durable. Bench's process, which is autocannon's, too.
 */

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import autocannon from 'autocannon';
import { readKeyFile, TredyeClient } from '../../client/index.js';
import { medianOf } from '../../proof/median.js';
import { PlatformProcess } from '../../proof/platform-process.js';
import { AckLevel, CommandKind, EventKind, OrderType, Side, TimeInForce } from '../../schemas/codes.js';
import { decodeControl, encodeControl, encodeLogonTerms } from '../../schemas/control.js';
import { ReportFrameReader } from '../../schemas/frame-verifier.js';
import { CommandFrameWriter } from '../../schemas/frame-writer.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_WORDS,
  EVENT_KIND_WORD,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { logonMessage, PROTOCOL_VERSION } from '../../schemas/logon.js';
import type { BenchOutcome, BenchRequest, BenchSize } from '../outcome.js';
import { figureOf } from '../outcome.js';
import { BaselineProcess } from './baselines/baseline-process.js';
import { inScratch } from './load-stage.js';

const LEAST_SHARE = '>=0.5';
const LENGTH_BYTES = 4;
const HEAD_END = '\r\n\r\n';
const KEPT_WRONGS = 5;
const PRICES = 1000;
const OCTETS = 'application/octet-stream';

interface HttpSize {
  readonly connections: number;
  readonly repeats: number;
  readonly seconds: number;
}

const SIZES: Readonly<Record<BenchSize, HttpSize>> = {
  full: { connections: 64, repeats: 3, seconds: 8 },
  quick: { connections: 64, repeats: 1, seconds: 4 },
  small: { connections: 4, repeats: 1, seconds: 1 },
};

interface HttpMember {
  readonly keyId: number;
  readonly privateKey: KeyObject;
  readonly instrument: number;
}

/** One connection's orders: resting ones, so that each is accepted and none meets another. */
class HttpLane {
  readonly #words = new Int32Array(COMMAND_WORDS);
  readonly #writer = new CommandFrameWriter();
  #counter = 0;

  constructor(
    readonly lane: number,
    readonly token: string,
    instrument: number,
  ) {
    this.#words[COMMAND_CLIENT_ORDER_ID + 1] = lane << 16;
    this.#words[COMMAND_INSTRUMENT] = instrument;
    this.#words[COMMAND_QUANTITY] = 1;
    const { New } = CommandKind;
    this.#words[COMMAND_KIND_WORD] =
      New | (Side.Buy << 8) | (OrderType.Limit << 16) | (TimeInForce.GoodTillCancel << 24);
  }

  /** The next order's frame; valid until the next call. */
  next(): Buffer {
    this.#counter++;
    this.#words[COMMAND_CLIENT_ORDER_ID] = this.#counter;
    this.#words[COMMAND_PRICE] = 1 + (this.#counter % PRICES);
    this.#writer.begin();
    this.#writer.append(this.#words, 0, 1);
    return Buffer.from(this.#writer.finish(this.#counter));
  }
}

/** Two steps: a challenge, and its signed answer, which brings the token. */
async function logOn(base: string, member: HttpMember, lane: number): Promise<HttpLane> {
  const asked = await fetch(`${base}/v1/logon`, { method: 'POST' });
  const challenge = decodeControl(new Uint8Array(await asked.arrayBuffer()));
  if (typeof challenge === 'number' || challenge.type !== 'Challenge') throw new Error('The logon gave no challenge.');
  const { keyId, privateKey, instrument } = member;
  const terms = encodeLogonTerms({
    version: PROTOCOL_VERSION,
    keyId,
    lane,
    ackLevel: AckLevel.Disk,
    heartbeatSeconds: 60,
    resume: [],
  });
  const hash = createHash('sha256').update(terms).digest();
  const signature = sign(null, logonMessage(challenge.venue, challenge.nonce, keyId, hash), privateKey);
  const answer = await fetch(`${base}/v1/logon`, {
    method: 'POST',
    headers: { 'content-type': OCTETS, 'tredye-nonce': Buffer.from(challenge.nonce).toString('hex') },
    body: new Uint8Array(encodeControl({ type: 'Logon', terms, signature })),
  });
  const token = answer.headers.get('tredye-token');
  if (answer.status !== 200 || token === null) throw new Error(`The logon was answered ${answer.status}.`);
  return new HttpLane(lane, token, instrument);
}

const reader = new ReportFrameReader();

/** Orders that a body of report frames says to be accepted; negative when it is no such body. */
export function acceptedIn(body: Buffer): number {
  let accepted = 0;
  for (let at = 0; at < body.length; ) {
    if (body.length - at < LENGTH_BYTES) return -1;
    const length = body.readUInt32LE(at);
    at += LENGTH_BYTES;
    if (at + length > body.length || reader.take(body.subarray(at, at + length)) !== 0) return -1;
    for (let event = 0; event < reader.count; event++) {
      const kind = (reader.words[reader.recordsAtWord + event * EVENT_WORDS + EVENT_KIND_WORD] as number) & 0xff;
      if (kind === EventKind.Accepted) accepted++;
    }
    at += length;
  }
  return accepted;
}

interface HttpRun {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answers: number;
  readonly accepted: number;
  readonly wrong: readonly string[];
}

/** `lanes`: one a connection. `counts`: the answers are report frames, and each must accept its order. */
async function cannon(url: string, seconds: number, lanes: readonly HttpLane[], counts: boolean): Promise<HttpRun> {
  let accepted = 0;
  let next = 0;
  const wrong: string[] = [];
  const result = await autocannon({
    url,
    method: 'POST',
    connections: lanes.length,
    duration: seconds,
    setupClient: (client) => {
      const lane = lanes[next++] as HttpLane;
      const headers = { 'content-type': OCTETS, authorization: `Bearer ${lane.token}` };
      client.setRequests([{ method: 'POST', headers, setupRequest: (request) => ({ ...request, body: lane.next() }) }]);
      if (!counts) return;
      // What it is given is the piece of the stream in which the body lies.
      client.on('body', (piece: Buffer) => {
        const head = piece.indexOf(HEAD_END);
        const found = acceptedIn(head < 0 ? piece : piece.subarray(head + HEAD_END.length));
        if (found === 1) accepted++;
        else if (wrong.length < KEPT_WRONGS) wrong.push(`an answer with ${found} accepted orders`);
      });
    },
  });
  const answers = result['2xx'];
  const bad = result.non2xx + result.errors + result.timeouts;
  if (bad > 0) wrong.push(`${bad} requests failed`);
  return {
    requestsPerSecond: Math.round(answers / result.duration),
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    answers,
    accepted,
    wrong,
  };
}

export async function benchHttp({ size, say }: BenchRequest): Promise<BenchOutcome> {
  const { connections, repeats, seconds } = SIZES[size];
  return inScratch('http', async (folder) => {
    const voids: string[] = [];
    const empty: HttpRun[] = [];
    const orders: HttpRun[] = [];
    const platform = await PlatformProcess.start({ data: folder });
    const { url, adminKey, port } = platform.ready;
    const base = `http://127.0.0.1:${port}`;
    const operator = await TredyeClient.connect(url, readKeyFile(adminKey));
    const { id: instrument } = await operator.addInstrument({ symbol: 'HTTP', priceMax: PRICES, quantityMax: 1 });
    await operator.setPhase({ instrument, phase: 'Continuous' });
    const account = await operator.addAccount('http');
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const keyId = await operator.addKey({ account, publicKey: raw, rights: ['Read', 'Trade'] });
    await operator.close();
    const member = { keyId, privateKey, instrument };
    let baseline: BaselineProcess | null = null;
    try {
      const first = await logOn(base, member, 1);
      const sample = await fetch(`${base}/v1/orders`, {
        method: 'POST',
        headers: { 'content-type': OCTETS, authorization: `Bearer ${first.token}` },
        body: new Uint8Array(first.next()),
      });
      const answerBytes = (await sample.arrayBuffer()).byteLength;
      baseline = await BaselineProcess.start('uws-baseline-main', [String(answerBytes)]);
      for (let repeat = 0; repeat < repeats; repeat++) {
        const lanes: HttpLane[] = [];
        for (let lane = 0; lane < connections; lane++) {
          lanes.push(await logOn(base, member, 2 + repeat * connections + lane));
        }
        const same = lanes.map(({ lane, token }) => new HttpLane(lane, token, instrument));
        empty.push(await cannon(`http://127.0.0.1:${baseline.port}/empty`, seconds, same, false));
        const run = await cannon(`${base}/v1/orders`, seconds, lanes, true);
        orders.push(run);
        voids.push(...run.wrong);
        if (run.accepted < run.answers) voids.push(`${run.answers} answers accepted ${run.accepted} orders`);
        say(`empty ${empty.at(-1)?.requestsPerSecond}/s, orders ${run.requestsPerSecond}/s, ${run.accepted} accepted`);
      }
    } finally {
      await baseline?.end();
      const exit = await platform.stop();
      if (exit.code !== 0) voids.push('the platform did not stop cleanly');
    }
    const ratio = medianOf(orders.map((run, at) => run.requestsPerSecond / (empty[at]?.requestsPerSecond ?? 0)));
    return {
      figures: [
        figureOf(
          'empty',
          'requests/s',
          empty.map(({ requestsPerSecond }) => requestsPerSecond),
        ),
        figureOf(
          'orders',
          'requests/s',
          orders.map(({ requestsPerSecond }) => requestsPerSecond),
          {
            ratio: Number(ratio.toFixed(2)),
            baseline: 'empty_route',
            target: LEAST_SHARE,
          },
        ),
        figureOf(
          'orders.p50',
          'ms',
          orders.map(({ p50Ms }) => p50Ms),
        ),
        figureOf(
          'orders.p99',
          'ms',
          orders.map(({ p99Ms }) => p99Ms),
        ),
        { name: 'orders.accepted', value: orders.reduce((sum, run) => sum + run.accepted, 0), unit: 'orders' },
      ],
      curves: [],
      conditions: [
        `autocannon, closed loop, ${connections} connections with a token and lane each, one order a request, ids of their own, level disk; ${repeats} repeats of ${seconds} s`,
        "the empty route is uWebSockets.js alone and answers as many bytes; latency is autocannon's, whole milliseconds and without what a stall holds back",
      ],
      voids,
    };
  });
}
