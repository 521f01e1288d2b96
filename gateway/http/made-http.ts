/**
 * A made venue whose gateways answer real HTTP for tests: uWebSockets.js, sockets and routes as in the platform, clock,
 * shards and turns in the test's hand. Everything that was asked is noted, so that a test can hold the documented
 * answers against it.
 */

import { type ChallengeMessage, decodeControl, type LogonTermsFields } from '../../schemas/control.js';
import { ReportFrameReader } from '../../schemas/frame-verifier.js';
import { EVENT_WORDS } from '../../schemas/layout.js';
import { logonFrame, type MadeKey, MadeVenue, type MadeVenueOptions } from '../made-venue.js';
import { loadUws, type us_listen_socket } from '../uws.js';
import { HttpRoutes } from './routes.js';

const PUMP_MS = 2;
const TICK_MS = 20;

export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Of a refusal; '' of anything else. */
  readonly code: string;
  /** The body as JSON; null when it is none. */
  readonly json: Record<string, unknown> | null;
}

export interface MadeAsk {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
  readonly gateway?: number;
}

/** What is in one frame of an answer. */
export interface AnsweredFrame {
  readonly shard: number;
  readonly epoch: number;
  readonly tokens: number;
  readonly events: readonly Int32Array[];
}

export const OCTETS = { 'content-type': 'application/octet-stream' };

export class MadeHttp {
  readonly venue: MadeVenue;
  readonly routes: readonly HttpRoutes[];
  readonly ports: readonly number[];
  /** `METHOD path status code` of everything that was asked by `ask`, the path as documented. */
  readonly seen = new Set<string>();
  readonly #apps: readonly { close(): unknown }[];
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(directory: string, options: MadeVenueOptions = {}) {
    const venue = new MadeVenue(directory, options);
    const { uws } = loadUws();
    this.venue = venue;
    this.routes = venue.gateways.map((gateway) => new HttpRoutes(gateway.http));
    const ports: number[] = [];
    this.#apps = this.routes.map((routes) => {
      const app = uws.App();
      routes.addTo(app);
      let socket: us_listen_socket | false = false;
      app.listen('127.0.0.1', 0, (token) => {
        socket = token;
      });
      if (socket === false) throw new Error('Nothing can be listened on here.');
      ports.push(uws.us_socket_local_port(socket));
      return app as typeof app & { close(): unknown };
    });
    this.ports = ports;
    const pump = (): void => venue.pump();
    const tick = (): void => {
      for (const [index, gateway] of venue.gateways.entries()) {
        gateway.tick();
        this.routes[index]?.tick();
      }
    };
    this.#timers = [setInterval(pump, PUMP_MS), setInterval(tick, TICK_MS)];
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const app of this.#apps) app.close();
    this.venue.end();
  }

  url(path: string, gateway = 0): string {
    return `http://127.0.0.1:${this.ports[gateway]}${path}`;
  }

  async ask(path: string, { method = 'GET', headers = {}, body, gateway = 0 }: MadeAsk = {}): Promise<Asked> {
    const init = { method, headers, redirect: 'error' as const };
    const response = await fetch(this.url(path, gateway), body === undefined ? init : { ...init, body });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const asked = readAnswer(response.status, response.headers, bytes);
    this.note(method, path, asked.status, asked.code);
    return asked;
  }

  note(method: string, path: string, status: number, code: string): void {
    const documented = path.replace(/\?.*/, '').replace(/^(\/v1\/(?:book|trades)\/).+/, '$1{symbol}');
    this.seen.add(`${method} ${documented} ${status} ${code}`.trim());
  }

  async challenge(gateway = 0): Promise<ChallengeMessage> {
    const asked = await this.ask('/v1/logon', { method: 'POST', gateway });
    const message = decodeControl(asked.bytes);
    if (typeof message === 'number' || message.type !== 'Challenge') throw new Error('That is no challenge.');
    return message;
  }

  /** The second step, with whatever is given in place of what is right. */
  async answerChallenge(
    challenge: ChallengeMessage,
    key: MadeKey,
    more: Partial<LogonTermsFields> = {},
    { headers = {}, body, gateway = 0 }: MadeAsk = {},
  ): Promise<Asked> {
    const nonce = Buffer.from(challenge.nonce).toString('hex');
    return this.ask('/v1/logon', {
      method: 'POST',
      headers: { ...OCTETS, 'tredye-nonce': nonce, ...headers },
      body: body ?? logonFrame(challenge, key, more),
      gateway,
    });
  }

  /** The token of a logon that must succeed. */
  async logOn(key: MadeKey, lane: number, gateway = 0): Promise<string> {
    const asked = await this.answerChallenge(await this.challenge(gateway), key, { lane }, { gateway });
    const token = asked.headers.get('tredye-token');
    if (asked.status !== 200 || token === null)
      throw new Error(`The logon was answered ${asked.status} ${asked.code}.`);
    return token;
  }

  orders(token: string, body: Uint8Array, { headers = {}, gateway = 0 }: MadeAsk = {}): Promise<Asked> {
    const all = { ...OCTETS, authorization: `Bearer ${token}`, ...headers };
    return this.ask('/v1/orders', { method: 'POST', headers: all, body, gateway });
  }
}

function readAnswer(status: number, headers: Headers, bytes: Uint8Array): Asked {
  const text = headers.get('content-type') === 'application/json' ? Buffer.from(bytes).toString() : '';
  const json = text === '' ? null : (JSON.parse(text) as Record<string, unknown>);
  const error = json?.error as { code?: string } | undefined;
  return { status, headers, bytes, json, code: error?.code ?? '' };
}

/** The frames of an answer to orders. Throws on one that is not whole. */
export function framesOf(bytes: Uint8Array): AnsweredFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const reader = new ReportFrameReader();
  const frames: AnsweredFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at, true);
    const refused = reader.take(bytes.subarray(at + 4, at + 4 + length));
    if (refused !== 0) throw new Error(`A frame of the answer is refused: ${refused}.`);
    const events = Array.from({ length: reader.count }, (_, index) =>
      reader.words.slice(reader.recordsAtWord + index * EVENT_WORDS, reader.recordsAtWord + (index + 1) * EVENT_WORDS),
    );
    frames.push({ shard: reader.shard, epoch: reader.epoch, tokens: reader.tokens, events });
    at += 4 + length;
  }
  return frames;
}

/** All events of an answer, in order. */
export function eventsOf(asked: Asked): Int32Array[] {
  return framesOf(asked.bytes).flatMap(({ events }) => events);
}
