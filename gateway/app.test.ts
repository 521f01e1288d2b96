/**
 * The gateway as it runs: real threads, real sockets of both kinds, a real shard and its journal on disk. What sessions
 * may and hear is tested without sockets beside this file; here it is threads, ports, closes and back-pressure.
 */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import t from 'tap';
import { WebSocket } from 'ws';
import { AdminLog } from '../engine/admin-log.js';
import { TransitBoard } from '../engine/ledger/transit-board.js';
import { type Limits, limitsFrom } from '../engine/limits.js';
import { CommandRing } from '../engine/ring/command-ring.js';
import { Doorbell } from '../engine/ring/doorbell.js';
import { OutputRing } from '../engine/ring/output-ring.js';
import { ShardStatus } from '../engine/shard/status-words.js';
import { TakenSpans } from '../engine/shard/taken-spans.js';
import type { ShardMessage, ShardRecovered, ShardTask } from '../engine/shard/worker-data.js';
import { encodeAccountTerms, encodeInstrumentTerms, encodeKeyTerms } from '../schemas/admin.js';
import { CLOSE_CODES } from '../schemas/close-codes.js';
import { CommandKind, Phase } from '../schemas/codes.js';
import { type ControlMessage, decodeControl } from '../schemas/control.js';
import { frameKind, ReportFrameReader } from '../schemas/frame-verifier.js';
import { COMMAND_WORDS, EVENT_ACCOUNT_SEQUENCE, EVENT_WORDS } from '../schemas/layout.js';
import { ALL_RIGHTS, commandFrame, logonFrame, madeCommand, VENUE, VENUE_LIMITS } from './made-venue.js';
import { claimMetrics } from './metrics/metrics-memory.js';
import { claimAccess } from './sessions/access.js';
import {
  DEFAULT_GATEWAY_SETTINGS,
  type GatewayMessage,
  type GatewayOrder,
  type GatewaySettings,
  type GatewayStart,
  type GatewayWorkerData,
  takenSpansNeeded,
} from './worker-data.js';

const HOST = '127.0.0.1';
const GATEWAY_FILE = new URL('worker.js', import.meta.url);
const SHARD_FILE = new URL('../engine/shard/worker.js', import.meta.url).href;
/** Room for a flood that fills the kernel's socket buffers. */
const LIMITS: Limits = limitsFrom({
  ...VENUE_LIMITS,
  laneAnswers: 4096,
  commandRingSlots: 8192,
  outputRingSlots: 65_536,
  roundCommands: 1024,
  roundEvents: 4096,
  segmentBytes: 16 * 1024 * 1024,
});

/** One shard's thread and the memory around it; the test is the supervisor. */
class ThreadedVenue {
  readonly rings = Array.from({ length: 3 }, () => CommandRing.create(LIMITS.commandRingSlots));
  readonly spans = Array.from({ length: 2 }, () => TakenSpans.create(takenSpansNeeded(LIMITS)));
  readonly output = OutputRing.create(LIMITS.outputRingSlots, 2);
  readonly bells = Array.from({ length: 2 }, () => Doorbell.create());
  readonly shardBell = Doorbell.create();
  readonly adminLog = AdminLog.create(LIMITS);
  readonly status = ShardStatus.create();
  readonly incarnation = new SharedArrayBuffer(4);
  readonly progress = new SharedArrayBuffer(4);
  readonly metrics = claimMetrics(
    'test',
    this.rings.map((ring) => [ring]),
    [this.status],
    true,
  );
  readonly access = claimAccess();
  readonly #directory: string;
  readonly #pool = new Piscina({ filename: SHARD_FILE, minThreads: 1, maxThreads: 1, atomics: 'disabled' });
  readonly #workers: Worker[] = [];
  readonly #keys = generateKeyPairSync('ed25519');
  #recovered: ShardRecovered | null = null;
  #task: Promise<unknown> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = join(directory, 'shard-0', 'journal');
  }

  get privateKey(): KeyObject {
    return this.#keys.privateKey;
  }

  /** Account 1 with key 1, and instrument 1. */
  async start(): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const task: ShardTask = {
      shard: 0,
      shardCount: 1,
      limits: LIMITS,
      directory: this.#directory,
      platformStartId: 1,
      comesBack: false,
      rings: this.rings,
      spans: [null, ...this.spans],
      output: this.output,
      doorbell: this.shardBell,
      readerDoorbells: this.bells,
      adminLog: this.adminLog,
      transit: TransitBoard.create(),
      status: this.status,
      metrics: this.metrics.shards[0],
      spinRounds: 0,
      port: port2,
    };
    this.#task = this.#pool.run(task, { transferList: [port2] });
    this.#recovered = await new Promise<ShardRecovered>((resolve, reject) => {
      port1.on('message', (message: ShardMessage) => {
        if (message.type === 'recovered') resolve(message);
        else if (message.type === 'fatal') reject(new Error(message.message));
      });
    });
    port1.unref();
    Atomics.store(new Int32Array(this.incarnation), 0, 1);
    const { x = '' } = this.#keys.publicKey.export({ format: 'jwk' });
    const keyTerms = encodeKeyTerms({ publicKey: Buffer.from(x, 'base64url'), rights: ALL_RIGHTS, label: '' });
    const instrumentTerms = encodeInstrumentTerms({
      symbol: 'A',
      shard: 0,
      priceMin: 1,
      priceMax: 1000,
      quantityMax: 1000,
      unit: 1,
      referencePrice: null,
      priceDecimals: 0,
      quantityDecimals: 0,
    });
    this.#admin(CommandKind.AddAccount, 0, encodeAccountTerms({ name: 'one' }));
    this.#admin(CommandKind.AddKey, 1, keyTerms);
    this.#admin(CommandKind.AddInstrument, 0, instrumentTerms);
  }

  /** Starts a gateway's thread; resolves with its first word that is not progress. */
  async gateway(
    index: number,
    port: number,
    settings: Partial<GatewaySettings> = {},
  ): Promise<{ worker: Worker; first: GatewayMessage }> {
    const recovered = this.#recovered;
    if (recovered === null) throw new Error('The shard comes first.');
    const data: GatewayWorkerData = {
      index,
      host: HOST,
      port,
      venue: VENUE,
      shardCount: 1,
      limits: LIMITS,
      rings: [this.rings[index + 1]],
      spans: [this.spans[index]],
      outputs: [this.output],
      readerIndex: index,
      doorbell: this.bells[index],
      shardDoorbells: [this.shardBell],
      adminLog: this.adminLog,
      incarnation: this.incarnation,
      progress: this.progress,
      journalDirectories: [this.#directory],
      epochs: [recovered.epochs],
      eventSequences: [recovered.eventSequence],
      images: [recovered.image],
      auditor: null,
      metrics: this.metrics,
      access: this.access,
      pageDirectory: '',
      gateways: 1,
      remains: null,
      settings: { ...DEFAULT_GATEWAY_SETTINGS, ...settings },
    };
    const started: GatewayStart = { index };
    const worker = new Worker(GATEWAY_FILE, { workerData: started });
    this.#workers.push(worker);
    const serve: GatewayOrder = { type: 'serve', data };
    worker.postMessage(serve);
    const first = await new Promise<GatewayMessage>((resolve) => {
      worker.on('message', (message: GatewayMessage) => {
        if (message.type !== 'progress') resolve(message);
      });
    });
    return { worker, first };
  }

  /** Stops a gateway as the supervisor does; resolves with the thread's exit code. */
  async stopGateway(worker: Worker): Promise<number> {
    const order: GatewayOrder = { type: 'stop' };
    worker.postMessage(order);
    const [code] = (await once(worker, 'exit')) as [number];
    return code;
  }

  async end(): Promise<void> {
    new ShardStatus(this.status).requestStop();
    new Doorbell(this.shardBell).ring();
    await this.#task;
    await this.#pool.close();
  }

  #admin(kind: CommandKind, account: number, parts: Int32Array): void {
    const words = new Int32Array(COMMAND_WORDS + parts.length);
    words.set(madeCommand(kind, 0, 0, { account }));
    words.set(parts, COMMAND_WORDS);
    new CommandRing(this.rings[0]).publish(words, 0, words.length / COMMAND_WORDS);
    new Doorbell(this.shardBell).ring();
  }
}

/** A client by hand: `ws` and frames. */
class Member {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  events = 0;
  lastAccountSequence = 0;
  /** The events came without a hole. */
  whole = true;
  tokens = 0;
  readonly #reader = new ReportFrameReader();
  readonly #messages: ControlMessage[] = [];
  #waiting: { type: string; resolve: (message: ControlMessage) => void }[] = [];
  #onReport: (() => void) | null = null;

  constructor(port: number) {
    this.socket = new WebSocket(`ws://${HOST}:${port}/v1/stream`);
    this.socket.binaryType = 'nodebuffer';
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code) => resolve(code));
    });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => this.#take(data));
  }

  async message<T extends ControlMessage['type']>(type: T): Promise<Extract<ControlMessage, { type: T }>> {
    const found = this.#messages.find((message) => message.type === type);
    const message = found ?? (await new Promise<ControlMessage>((resolve) => this.#waiting.push({ type, resolve })));
    return message as Extract<ControlMessage, { type: T }>;
  }

  async logOn(privateKey: KeyObject, lane: number): Promise<void> {
    const challenge = await this.message('Challenge');
    this.socket.send(logonFrame(challenge, { id: 1, account: 1, privateKey }, { lane }));
    await this.message('LogonAnswer');
  }

  /** Resolves when `done` holds; looked at after each report frame. */
  until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!done()) return;
        this.#onReport = null;
        resolve();
      };
      this.#onReport = look;
      look();
    });
  }

  #take(data: Buffer): void {
    if (frameKind(data) === 'report') {
      if (this.#reader.take(data) !== 0) throw new Error('A report frame does not verify.');
      const { words, recordsAtWord, count } = this.#reader;
      for (let event = 0; event < count; event++) {
        const number = words[recordsAtWord + event * EVENT_WORDS + EVENT_ACCOUNT_SEQUENCE];
        if (this.lastAccountSequence !== 0 && number !== this.lastAccountSequence + 1) this.whole = false;
        this.lastAccountSequence = number;
        this.events++;
      }
      this.tokens = this.#reader.tokens;
      this.#onReport?.();
      return;
    }
    const message = decodeControl(data);
    if (typeof message === 'number') throw new Error('A control frame does not verify.');
    this.#messages.push(message);
    const waiting = this.#waiting.findIndex(({ type }) => type === message.type);
    if (waiting >= 0) this.#waiting.splice(waiting, 1)[0].resolve(message);
  }
}

t.test(
  'two gateways share a port, serve, close with codes, and stop without taking the process with them',
  async (t) => {
    const venue = new ThreadedVenue(t.testdir());
    await venue.start();
    const { worker: first, first: listening } = await venue.gateway(0, 0);
    t.equal(listening.type, 'listening');
    const port = listening.type === 'listening' ? listening.port : 0;
    const { worker: second, first: alsoListening } = await venue.gateway(1, port);
    t.same(alsoListening, { type: 'listening', port });

    const members = Array.from({ length: 12 }, () => new Member(port));
    for (const [lane, member] of members.entries()) await member.logOn(venue.privateKey, lane);
    const [member] = members;
    member.socket.send(
      commandFrame(1, madeCommand(CommandKind.SetPhase, 0, 1, { instrument: 1, type: Phase.Continuous })),
    );
    member.socket.send(
      commandFrame(
        2,
        ...Array.from({ length: 200 }, (_, at) =>
          madeCommand(CommandKind.New, 0, at + 2, { instrument: 1, price: 5, quantity: 1 }),
        ),
      ),
    );
    const target = 12 + 1 + 400;
    await Promise.all(members.map((one) => one.until(() => one.lastAccountSequence >= target)));
    t.ok(members.every(({ whole, lastAccountSequence }) => whole && lastAccountSequence === target));

    members[1].socket.send('text');
    t.equal(await members[1].closed, CLOSE_CODES.TEXT_FRAME);
    members[2].socket.send(Buffer.alloc(33 * 1024, 1));
    t.equal((await members[2].message('Refused')).reason, 111, 'too long for us, not for the library');
    members[2].socket.send(Buffer.alloc(65 * 1024));
    t.equal(await members[2].closed, 1006, 'the library cuts what is far too long');
    members[3].socket.send(Buffer.from('0123456789abcdef'));
    t.equal(await members[3].closed, CLOSE_CODES.BAD_FRAME);
    members[4].socket.terminate();
    const replacement = new Member(port);
    await replacement.logOn(venue.privateKey, 0);
    t.equal(await member.closed, CLOSE_CODES.SUPERSEDED, 'on whichever gateway the new one is');
    t.ok(new Int32Array(venue.progress)[0] > 0, 'the supervisor sees it turn');
    const page = await fetch(`http://${HOST}:${port}/`);
    t.equal(page.status, 404);

    t.equal(await venue.stopGateway(first), 0);
    t.equal(await venue.stopGateway(second), 0);
    const codes = await Promise.all([...members.slice(5), replacement].map(({ closed }) => closed));
    t.same([...new Set(codes)], [CLOSE_CODES.GOING_DOWN]);
    await venue.end();
  },
);

t.test('a reader that stops reading is closed with a code, resumes, and has lost nothing', async (t) => {
  const venue = new ThreadedVenue(t.testdir());
  await venue.start();
  const { worker, first } = await venue.gateway(0, 0, { maxBufferedBytes: 256 * 1024, pauseBufferedBytes: 64 * 1024 });
  const port = first.type === 'listening' ? first.port : 0;
  const writer = new Member(port);
  await writer.logOn(venue.privateKey, 1);
  const slow = new Member(port);
  await slow.logOn(venue.privateKey, 2);
  slow.socket.pause();
  let low = 1;
  // More than the kernel's buffers of both ends hold; each order is accepted and cancelled.
  writer.socket.send(
    commandFrame(1, madeCommand(CommandKind.SetPhase, 1, low++, { instrument: 1, type: Phase.Continuous })),
  );
  const wanted = writer.events + 120_000;
  const order = (): Int32Array =>
    madeCommand(CommandKind.New, 1, low++, { instrument: 1, price: 5, quantity: 1, timeInForce: 2 });
  let sent = 0;
  await writer.until(() => {
    while (sent < 60_000 && sent * 2 - writer.events < 2048) {
      writer.socket.send(commandFrame(2, ...Array.from({ length: 64 }, order)));
      sent += 64;
    }
    return writer.events >= wanted;
  });
  t.ok(writer.whole);
  slow.socket.resume();
  t.equal(await slow.closed, CLOSE_CODES.SLOW_READER);
  t.ok(slow.whole);
  t.ok(slow.lastAccountSequence < writer.lastAccountSequence);
  const challengeOf = new Member(port);
  const challenge = await challengeOf.message('Challenge');
  // The sequence of an event is not kept by Member: everything from the beginning, which is more than it missed.
  const resume = [{ shard: 0, epoch: 1, sequence: 0 }];
  challengeOf.socket.send(
    logonFrame(challenge, { id: 1, account: 1, privateKey: venue.privateKey }, { lane: 2, resume }),
  );
  await challengeOf.message('Resumed');
  t.ok(challengeOf.whole);
  t.ok(challengeOf.lastAccountSequence >= writer.lastAccountSequence);
  writer.socket.close();
  challengeOf.socket.close();
  t.equal(await venue.stopGateway(worker), 0);
  await venue.end();
});

t.test('a port that another program holds is one clear sentence, and no crash', async (t) => {
  const venue = new ThreadedVenue(t.testdir());
  await venue.start();
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const { worker, first } = await venue.gateway(0, port);
  t.same(first, {
    type: 'fatal',
    remains: null,
    code: 'PORT_TAKEN',
    message: `Port ${port} of ${HOST} is taken by another program: stop that program or choose another port.`,
  });
  const [code] = (await once(worker, 'exit')) as [number];
  t.equal(code, 1);
  server.close();
  await venue.end();
});

/** What goes wrong, where it is found, and what the gateway says of it. */
const BUGS: readonly [string, (venue: ThreadedVenue, member: Member) => void, RegExp][] = [
  [
    'in a turn of its loop',
    (venue) => {
      // A record of the admin log that no engine ever wrote.
      Atomics.add(new Int32Array(venue.adminLog), 0, 1);
      new Doorbell(venue.bells[0]).ring();
    },
    /^Error: Slot \d+ of the admin log/,
  ],
  [
    'while it handles a message',
    (venue, member) => {
      // A second producer of its ring, which only a bug could be.
      new CommandRing(venue.rings[1]).publish(madeCommand(CommandKind.Cancel, 1, 1, { instrument: 1 }), 0, 1);
      member.socket.send(commandFrame(1, madeCommand(CommandKind.Cancel, 1, 2, { instrument: 1 })));
    },
    /^Error: Two producers write to one command ring/,
  ],
];

for (const [where, plant, says] of BUGS) {
  t.test(`a bug of ours found ${where} closes the sockets, is told, and the process lives on`, async (t) => {
    const venue = new ThreadedVenue(t.testdir());
    await venue.start();
    const { worker, first } = await venue.gateway(0, 0);
    const port = first.type === 'listening' ? first.port : 0;
    const member = new Member(port);
    await member.logOn(venue.privateKey, 1);
    const said: GatewayMessage[] = [];
    worker.on('message', (message: GatewayMessage) => said.push(message));
    plant(venue, member);
    const [code] = (await once(worker, 'exit')) as [number];
    t.equal(code, 1);
    t.equal(await member.closed, 1006);
    t.match(said, [{ type: 'fatal', code: 'BUG', message: says, remains: { publicSessions: 0 } }]);
    await venue.end();
  });
}
