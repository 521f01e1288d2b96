/**
 * A venue as a page sees it, in the test's own process: the page's files as the gateway serves them, its security policy
 * included, and a stream that logs everybody on without a key and sends what the test tells it to. Real sockets, no market.
 */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { PastTrade } from '../../client/watch/tick-buffer.js';
import { StaticFiles } from '../../gateway/http/static-files.js';
import {
  decodeControl,
  decodeLogonTerms,
  encodeControl,
  type InstrumentFields,
  type PageSampleMessage,
  type PlainControlMessage,
} from '../../schemas/control.js';
import { NONCE_BYTES, PROTOCOL_VERSION } from '../../schemas/logon.js';
import { PAGE_FOLDER } from './page-files.js';

const STREAM_PATH = '/v1/stream';
const TRADES_PATH = '/v1/trades/';
/** Instruments in an answer, so that it fits a frame. */
const LISTED_AT_ONCE = 100;

export class MadePageVenue {
  /** What pages said that they measured. */
  readonly samples: PageSampleMessage[] = [];
  /** Key ids of the logons that came. */
  readonly logons: number[] = [];
  instruments: readonly InstrumentFields[] = [];
  /** Of any instrument, newest first: what `GET /v1/trades` answers. */
  trades: readonly PastTrade[] = [];
  /** Paths of trades that were asked for. */
  readonly asked: string[] = [];
  /** Whether heartbeats are sent. */
  speaks = true;
  /** Why a logon is refused; empty: it is not. */
  refusal = '';
  readonly url: string;
  private readonly server: Server;
  private readonly streams: WebSocketServer;
  private readonly subscribed = new Set<WebSocket>();

  private constructor(server: Server, port: number) {
    this.server = server;
    server.on('request', ({ url = '' }, response) => {
      if (!url.startsWith(TRADES_PATH)) return;
      this.asked.push(url);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ trades: this.trades }));
    });
    this.url = `http://127.0.0.1:${port}/`;
    this.streams = new WebSocketServer({ server, path: STREAM_PATH, perMessageDeflate: false });
    this.streams.on('connection', (socket) => this.welcome(socket));
  }

  /** On a free port. */
  static async open(): Promise<MadePageVenue> {
    const files = new StaticFiles(PAGE_FOLDER);
    if (!files.found) throw new Error('The page is not built: run `make build` on Node 20.19 or later.');
    const server = createServer((request, response) => {
      if (request.url?.startsWith(TRADES_PATH)) return;
      const reply = files.reply(request.url ?? '', { acceptEncoding: '', ifNoneMatch: '' });
      if (reply === undefined) response.writeHead(404).end();
      else {
        const headers = Object.fromEntries(reply.headers ?? []);
        response.writeHead(reply.status, { ...headers, 'content-type': reply.type }).end(reply.body);
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port.');
    return new MadePageVenue(server, address.port);
  }

  /** Pages that are subscribed now. */
  get watchers(): number {
    return this.subscribed.size;
  }

  /** A public frame to all that are subscribed. */
  send(frame: Uint8Array): void {
    for (const socket of this.subscribed) socket.send(frame);
  }

  /** Ends all streams; they may come back. */
  dropWatchers(): void {
    for (const socket of this.streams.clients) socket.terminate();
  }

  close(): Promise<void> {
    this.dropWatchers();
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private welcome(socket: WebSocket): void {
    const say = (message: PlainControlMessage) => socket.send(encodeControl(message));
    let heartbeat: NodeJS.Timeout | undefined;
    socket.on('close', () => {
      clearInterval(heartbeat);
      this.subscribed.delete(socket);
    });
    socket.on('message', (data) => {
      if (!(data instanceof Uint8Array)) throw new Error('The page sent what is no binary message.');
      const message = decodeControl(data);
      if (typeof message === 'number') throw new Error('The page sent what is no control message.');
      switch (message.type) {
        case 'Logon': {
          const terms = decodeLogonTerms(message.terms);
          if (typeof terms === 'number') throw new Error('The page sent terms that cannot be read.');
          this.logons.push(terms.keyId);
          if (this.refusal !== '') {
            say({ type: 'Refused', number: 0, request: 0, index: 0, reason: 200, text: this.refusal });
            socket.close(4101, this.refusal);
            return;
          }
          const { lane, heartbeatSeconds } = terms;
          say({
            type: 'LogonAnswer',
            account: 0,
            lane,
            incarnation: 0,
            rights: 1,
            heartbeatSeconds,
            window: 0,
            points: [],
          });
          const beat = () => {
            if (this.speaks) say({ type: 'Heartbeat', timeUs: nowUs(), marks: [], echoUs: 0, heldUs: 0 });
          };
          beat();
          heartbeat = setInterval(beat, 1000 * heartbeatSeconds);
          return;
        }
        case 'InstrumentsRequest': {
          const { request, after } = message;
          const above = this.instruments.filter(({ id }) => id > after);
          const instruments = above.slice(0, LISTED_AT_ONCE);
          const more = above.length > LISTED_AT_ONCE;
          say({ type: 'Instruments', request, more, instruments, applied: [], countedTo: 0 });
          return;
        }
        case 'Subscribe':
          this.subscribed.add(socket);
          say({ type: 'Subscribed', request: message.request, instruments: this.instruments.length });
          return;
        case 'PageSample':
          this.samples.push(message);
          return;
        default:
          return;
      }
    });
    say({ type: 'Challenge', version: PROTOCOL_VERSION, venue: 'made', nonce: new Uint8Array(NONCE_BYTES) });
  }
}

/** The clock of the venue, µs since 1970. */
export function nowUs(): number {
  return Math.round(1000 * (performance.timeOrigin + performance.now()));
}
