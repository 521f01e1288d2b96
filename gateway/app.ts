/**
 * The sockets and the loop of one gateway thread: one uWebSockets.js App, the doorbell, two timers. Everything that is
 * decided, is decided in gateway.ts.
 *
 * Several gateways listen on one port (SO_REUSEPORT, the default of listen), each on a thread of its own. Gateway 0
 * looks first whether the port is free for one program alone, because two platforms would share it without a word.
 */

import { Doorbell } from '../engine/ring/doorbell.js';
import { MAX_FRAME_BYTES } from '../schemas/layout.js';
import { Gateway, type GatewaySeams } from './gateway.js';
import { HttpRoutes } from './http/routes.js';
import { freePort, probePort } from './port-probe.js';
import type { Session, SessionSocket } from './sessions/session.js';
import type { TemplatedApp, Uws, us_listen_socket, WebSocket } from './uws.js';
import type { GatewayFatalCode, GatewayMessage, GatewayWorkerData } from './worker-data.js';

const STREAM_PATH = '/v1/stream';
const TICK_MS = 100;
const PROGRESS_MS = 250;
/** The library's own bound lies above ours, so that the refusal is ours and has a code. */
const MAX_PAYLOAD_BYTES = 2 * MAX_FRAME_BYTES;
/**
 * Of the library, in seconds: what cuts a connection that was told to go and never reads. Longer than the slowest
 * heartbeat's deadline, so that it never decides for us; every message from the client starts it again.
 */
const IDLE_SECONDS = 240;

/** The older types do not know of `close`, which both packages have: all sockets of the App, at once. */
type ClosableApp = TemplatedApp & { close(): unknown };

interface UserData {
  session: Session | null;
  socket: UwsSocket | null;
}

class UwsSocket implements SessionSocket {
  /** Null when the library has closed it: any use would throw. */
  ws: WebSocket<UserData> | null;

  constructor(ws: WebSocket<UserData>) {
    this.ws = ws;
  }

  send(bytes: Uint8Array): boolean {
    // 2: dropped, because more than maxBackpressure waits. A connection that is gone loses nothing by it.
    return this.ws === null || this.ws.send(bytes, true, false) !== 2;
  }

  bufferedBytes(): number {
    return this.ws === null ? 0 : this.ws.getBufferedAmount();
  }

  cork(write: () => void): void {
    if (this.ws !== null) this.ws.cork(write);
  }

  end(code: number, reason: string): void {
    this.ws?.end(code, reason);
  }
}

/** A start that cannot go on; one sentence for people. */
export class GatewayFatal extends Error {
  readonly code: GatewayFatalCode;
  readonly canRetry = false;

  constructor(code: GatewayFatalCode, message: string) {
    super(message);
    this.code = code;
  }
}

export class GatewayApp {
  readonly gateway: Gateway;
  readonly #data: GatewayWorkerData;
  readonly #uws: Uws;
  readonly #http: HttpRoutes;
  readonly #app: ClosableApp;
  readonly #bell: Doorbell;
  readonly #post: (message: GatewayMessage) => void;
  readonly #fatal: (error: unknown) => void;
  #listening: us_listen_socket | null = null;
  /** 0 until it has listened. */
  #port = 0;
  #tick: NodeJS.Timeout | null = null;
  #frames: NodeJS.Timeout | null = null;
  #started: (() => void) | null = null;
  #lastProgressMs = Number.NEGATIVE_INFINITY;
  readonly #progress: Int32Array;
  #stopped = false;

  /** `fatal` is told what a turn threw; the app does nothing more then. */
  constructor(
    uws: Uws,
    data: GatewayWorkerData,
    seams: Omit<GatewaySeams, 'framedWanted' | 'soon' | 'log'>,
    post: (message: GatewayMessage) => void,
    fatal: (error: unknown) => void,
  ) {
    this.#uws = uws;
    this.#data = data;
    this.#post = post;
    this.#fatal = fatal;
    this.#bell = new Doorbell(data.doorbell);
    this.#progress = new Int32Array(data.progress);
    this.gateway = new Gateway(data, {
      ...seams,
      framedWanted: (wanted) => this.#setFrames(wanted),
      soon: (work) => void setImmediate(work),
      log: (level, code, message) => post({ type: 'log', level, code, message: `gateway ${data.index} ${message}` }),
    });
    this.#http = new HttpRoutes(this.gateway.http);
    this.#app = this.#makeApp();
  }

  /** Folds the journals, then listens. Resolves with the port. Throws a GatewayFatal. */
  async start(): Promise<number> {
    const wanted = await this.#choosePort();
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
    await new Promise<void>((resolve) => {
      this.#started = resolve;
      this.#run();
    });
    this.#port = this.#listen(wanted);
    return this.#port;
  }

  /** Takes new connections, or none; those that are there stay. Says what came of it. */
  accept(open: boolean): void {
    if (this.#stopped || this.#port === 0) return;
    if (!open) this.#closeListener();
    else if (this.#listening === null) {
      try {
        this.#listen(this.#port);
      } catch (error) {
        // The supervisor asks again: members who are connected are served meanwhile.
        if (!(error instanceof GatewayFatal)) throw error;
      }
    }
    this.#post({ type: 'accepting', open: this.#listening !== null });
  }

  #closeListener(): void {
    if (this.#listening !== null) this.#uws.us_listen_socket_close(this.#listening);
    this.#listening = null;
  }

  async #choosePort(): Promise<number> {
    const { host, port, index, remains } = this.#data;
    if (port === 0) return freePort(host);
    // Beside a replacement the others listen on.
    if (index === 0 && remains === null) await this.#probe(host, port);
    return port;
  }

  async #probe(host: string, port: number): Promise<void> {
    const state = await probePort(host, port);
    if (state === 'taken') throw portTaken(host, port);
    if (state !== 'free') {
      throw new GatewayFatal('ADDRESS_UNUSABLE', `${host}:${port} cannot be listened on (${state.unusable}).`);
    }
  }

  /** Tells the sessions, gives them a moment, closes everything. After it the thread may end. */
  async stop(): Promise<void> {
    this.#closeListener();
    const connections = this.gateway.table.all.size;
    this.gateway.stop();
    // The library forgets a socket as soon as it is told to end, so who has taken the close frame cannot be seen.
    if (connections > 0) await new Promise((resolve) => setTimeout(resolve, this.#data.settings.lingerMs));
    this.close();
    this.gateway.release();
  }

  /** Closes all sockets at once: a thread that ends with open ones takes the whole process with it. */
  close(): void {
    this.#stopped = true;
    if (this.#tick !== null) clearInterval(this.#tick);
    this.#setFrames(false);
    this.#bell.cancelSleep();
    this.#app.close();
    this.#listening = null;
  }

  #makeApp(): ClosableApp {
    const { maxBufferedBytes } = this.#data.settings;
    const app = this.#uws.App().ws<UserData>(STREAM_PATH, {
      compression: this.#uws.DISABLED,
      maxPayloadLength: MAX_PAYLOAD_BYTES,
      // Twice what we close at: our own look comes first, and nothing is dropped before it.
      maxBackpressure: 2 * maxBufferedBytes + MAX_PAYLOAD_BYTES,
      closeOnBackpressureLimit: 0,
      idleTimeout: IDLE_SECONDS,
      sendPingsAutomatically: false,
      upgrade: (response, request, context) => {
        if (!this.gateway.hasRoom()) {
          response.writeStatus('503 Service Unavailable').end('too many connections');
          return;
        }
        response.upgrade<UserData>(
          { session: null, socket: null },
          request.getHeader('sec-websocket-key'),
          request.getHeader('sec-websocket-protocol'),
          request.getHeader('sec-websocket-extensions'),
          context,
        );
      },
      open: (ws) => {
        const user = ws.getUserData();
        user.socket = new UwsSocket(ws);
        user.session = this.gateway.connected(user.socket);
      },
      message: (ws, message, isBinary) => {
        const { session } = ws.getUserData();
        if (session !== null && !this.#stopped) this.gateway.message(session, new Uint8Array(message), isBinary);
      },
      ping: (ws) => this.#onPing(ws),
      pong: (ws) => this.#onPing(ws),
      drain: (ws) => {
        const { session } = ws.getUserData();
        if (session !== null && this.gateway.drained(session)) this.#bell.cancelSleep();
      },
      close: (ws) => {
        const { session, socket } = ws.getUserData();
        // First: from here on the library throws at any use.
        if (socket !== null) socket.ws = null;
        // When a bug of ours ends the thread, what it left is not to be touched again: that would throw in here, too.
        if (session !== null && !this.#stopped) this.gateway.disconnected(session);
      },
    });
    this.#http.addTo(app);
    return app as ClosableApp;
  }

  #onPing(ws: WebSocket<UserData>): void {
    const { session } = ws.getUserData();
    if (session !== null && !this.#stopped) this.gateway.ping(session);
  }

  #listen(port: number): number {
    const { host } = this.#data;
    let listening: us_listen_socket | false = false;
    // Called before listen returns.
    this.#app.listen(host, port, (token) => {
      listening = token;
    });
    if (listening === false) throw portTaken(host, port);
    this.#listening = listening;
    return this.#uws.us_socket_local_port(listening);
  }

  // ---- the loop

  /** Turn after turn while there is work, each a task of its own so that sockets are served in between; then sleep. */
  readonly #run = (): void => {
    if (this.#stopped) return;
    Atomics.add(this.#progress, 0, 1);
    let more: boolean;
    try {
      more = this.gateway.turn();
    } catch (error) {
      this.#fatal(error);
      return;
    }
    if (this.#started !== null) this.#reportStart();
    if (!more) {
      this.#bell.prepareSleep();
      if (!this.gateway.hasWork()) {
        void this.#bell.sleepAsync(Number.POSITIVE_INFINITY).then(this.#run);
        return;
      }
      this.#bell.cancelSleep();
    }
    setImmediate(this.#run);
  };

  #reportStart(): void {
    if (this.gateway.ready) {
      const { done, total } = this.gateway.progress();
      this.#post({ type: 'progress', done, total });
      this.#started?.();
      this.#started = null;
      return;
    }
    const nowMs = performance.now();
    if (nowMs - this.#lastProgressMs < PROGRESS_MS) return;
    this.#lastProgressMs = nowMs;
    this.#post({ type: 'progress', ...this.gateway.progress() });
  }

  #onTick(): void {
    Atomics.add(this.#progress, 0, 1);
    this.gateway.tick();
    this.#http.tick();
    // A look ten times a second, rung or not: a shard that died never rings, and a drain may not be told.
    this.#bell.cancelSleep();
  }

  #setFrames(wanted: boolean): void {
    if (!wanted && this.#frames !== null) {
      clearInterval(this.#frames);
      this.#frames = null;
    } else if (wanted && this.#frames === null) {
      this.#frames = setInterval(() => this.gateway.frameTick(), this.#data.settings.frameMs);
    }
  }
}

function portTaken(host: string, port: number): GatewayFatal {
  return new GatewayFatal(
    'PORT_TAKEN',
    `Port ${port} of ${host} is taken by another program: stop that program or choose another port.`,
  );
}
