/**
 * A venue without threads and sockets for tests: real engines, rounds, journals and rings, real gateways on fake sockets
 * and a clock that stands still. Whoever holds it plays supervisor and network; `pump` lets everyone work until nobody
 * has anything to do.
 */

import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { AdminLog } from '../engine/admin-log.js';
import { Engine } from '../engine/engine.js';
import { type Disk, RealDisk } from '../engine/journal/disk.js';
import { type Limits, limitsFrom } from '../engine/limits.js';
import { ShardMetrics } from '../engine/metrics/shard-metrics.js';
import { imageOf } from '../engine/public/shard-image.js';
import { CommandRing } from '../engine/ring/command-ring.js';
import { Doorbell } from '../engine/ring/doorbell.js';
import { OutputRing } from '../engine/ring/output-ring.js';
import { type RecoveredShard, recoverShard } from '../engine/shard/recovery.js';
import { ShardRound } from '../engine/shard/round.js';
import { ShardStatus } from '../engine/shard/status-words.js';
import { takeOver } from '../engine/shard/take-over.js';
import { TakenSpans } from '../engine/shard/taken-spans.js';
import { encodeAccountTerms, encodeInstrumentTerms, encodeKeyTerms } from '../schemas/admin.js';
import { AckLevel, CommandKind, type Reason, Right } from '../schemas/codes.js';
import {
  type ChallengeMessage,
  type ControlMessage,
  decodeControl,
  encodeControl,
  encodeLogonTerms,
  type LogonTermsFields,
} from '../schemas/control.js';
import { frameKind, PublicFrameReader, ReportFrameReader } from '../schemas/frame-verifier.js';
import { CommandFrameWriter } from '../schemas/frame-writer.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_WORDS,
} from '../schemas/layout.js';
import { logonMessage, PROTOCOL_VERSION } from '../schemas/logon.js';
import { Gateway } from './gateway.js';
import { FakeClock } from './made-clock.js';
import { claimMetrics, type MetricsMemory } from './metrics/metrics-memory.js';
import { claimAccess } from './sessions/access.js';
import type { Session, SessionSocket } from './sessions/session.js';
import {
  DEFAULT_GATEWAY_SETTINGS,
  type GatewayRemains,
  type GatewaySettings,
  type GatewayWorkerData,
  takenSpansNeeded,
} from './worker-data.js';

export const VENUE_LIMITS: Limits = limitsFrom({
  maxOrders: 4096,
  maxInstruments: 16,
  maxAccounts: 16,
  maxKeys: 16,
  maxLanes: 32,
  maxLevels: 1024,
  ladderWindows: 8,
  ladderTicks: 256,
  maxEventsPerCommand: 64,
  laneAnswers: 256,
  adminLogBytes: 64 * 1024,
  commandRingSlots: 512,
  reservedCancelSlots: 64,
  outputRingSlots: 2048,
  roundCommands: 64,
  roundEvents: 256,
  maxRings: 4,
  segmentBytes: 1024 * 1024,
});

export const VENUE = 'made';
export const ALL_RIGHTS = Right.Read | Right.Trade | Right.Market | Right.Admin | Right.Risk;
/** Turns after which a venue that still works is broken. */
const PUMP_LIMIT = 100_000;

export interface MadeKey {
  readonly id: number;
  readonly account: number;
  readonly privateKey: KeyObject;
}

/** What a frame said, copied. */
export interface Reports {
  readonly shard: number;
  readonly epoch: number;
  readonly asked: number;
  readonly reached: number;
  readonly replayed: boolean;
  readonly gatewayInUs: number;
  readonly tokens: number;
  readonly events: Int32Array[];
}
export interface PublicRecords {
  readonly shard: number;
  readonly streams: readonly {
    readonly instrument: number;
    readonly channel: number;
    readonly previousLast: number;
    readonly last: number;
    readonly count: number;
  }[];
  readonly records: Int32Array[];
}

export class FakeSocket implements SessionSocket {
  readonly sent: Uint8Array[] = [];
  closedWith = 0;
  /** What the network has not taken, as the test wishes. */
  buffered = 0;
  /** True: everything sent from now on is dropped, as by a network that is full. */
  full = false;
  /** True: what is sent counts as buffered until the test says otherwise. */
  stuck = false;

  send(bytes: Uint8Array): boolean {
    if (this.full) return false;
    if (this.closedWith !== 0) throw new Error('Something was sent behind the close.');
    this.sent.push(bytes.slice());
    if (this.stuck) this.buffered += bytes.length;
    return true;
  }
  bufferedBytes(): number {
    return this.buffered;
  }
  cork(write: () => void): void {
    write();
  }
  end(code: number): void {
    if (this.closedWith !== 0) throw new Error('A connection was closed twice.');
    this.closedWith = code;
  }

  messages(): ControlMessage[] {
    const messages: ControlMessage[] = [];
    for (const bytes of this.sent) {
      if (frameKind(bytes) !== 'control') continue;
      const message = decodeControl(bytes);
      if (typeof message === 'number') throw new Error(`The gateway sent a control frame that is refused: ${message}`);
      messages.push(message);
    }
    return messages;
  }

  /** The only message of that type, or the last one. */
  last<T extends ControlMessage['type']>(type: T): Extract<ControlMessage, { type: T }> | undefined {
    return this.messages().findLast(
      (message): message is Extract<ControlMessage, { type: T }> => message.type === type,
    );
  }

  refusals(): Reason[] {
    return this.messages().flatMap((message) => (message.type === 'Refused' ? [message.reason] : []));
  }

  reports(): Reports[] {
    const reader = new ReportFrameReader();
    return this.sent
      .filter((bytes) => frameKind(bytes) === 'report')
      .map((bytes) => {
        const refused = reader.take(bytes);
        if (refused !== 0) throw new Error(`The gateway sent a report frame that is refused: ${refused}`);
        const { shard, epoch, asked, reached, replayed, gatewayInUs, tokens } = reader;
        const events = recordsOf(reader.words, reader.recordsAtWord, reader.count);
        return { shard, epoch, asked, reached, replayed, gatewayInUs, tokens, events };
      });
  }

  /** All private events, in the order of arrival. */
  events(): Int32Array[] {
    return this.reports().flatMap(({ events }) => events);
  }

  publicFrames(): PublicRecords[] {
    const reader = new PublicFrameReader();
    return this.sent
      .filter((bytes) => frameKind(bytes) === 'public')
      .map((bytes) => {
        const refused = reader.take(bytes);
        if (refused !== 0) throw new Error(`The gateway sent a public frame that is refused: ${refused}`);
        const streams = Array.from({ length: reader.streamCount }, (_, stream) => ({
          instrument: reader.instrument(stream),
          channel: reader.channel(stream),
          previousLast: reader.previousLast(stream),
          last: reader.last(stream),
          count: reader.recordCount(stream),
        }));
        return { shard: reader.shard, streams, records: recordsOf(reader.words, reader.recordsAtWord, reader.count) };
      });
  }
}

function recordsOf(words: Int32Array, at: number, count: number): Int32Array[] {
  return Array.from({ length: count }, (_, index) =>
    words.slice(at + index * EVENT_WORDS, at + (index + 1) * EVENT_WORDS),
  );
}

/** One record of a kind with these words. `low`, `lane`: client order id. */
export function madeCommand(kind: number, lane: number, low: number, more: Partial<MadeWords> = {}): Int32Array {
  const words = new Int32Array(COMMAND_WORDS);
  words[COMMAND_CLIENT_ORDER_ID] = low;
  words[COMMAND_CLIENT_ORDER_ID + 1] = lane << 16;
  words[COMMAND_TARGET_ID] = more.target ?? 0;
  words[COMMAND_TARGET_ID + 1] = more.targetHigh ?? 0;
  words[COMMAND_ACCOUNT] = more.account ?? 0;
  words[COMMAND_SESSION] = more.session ?? 0;
  words[COMMAND_INSTRUMENT] = more.instrument ?? 0;
  words[COMMAND_PRICE] = more.price ?? 0;
  words[COMMAND_QUANTITY] = more.quantity ?? 0;
  words[COMMAND_MIN_QUANTITY] = more.minQuantity ?? 0;
  words[COMMAND_KIND_WORD] =
    kind | ((more.side ?? 0) << 8) | ((more.type ?? 0) << 16) | ((more.timeInForce ?? 1) << 24);
  if (kind !== CommandKind.New) words[COMMAND_KIND_WORD] = kind | ((more.type ?? 0) << 16);
  return words;
}

export interface MadeWords {
  readonly target: number;
  readonly targetHigh: number;
  readonly account: number;
  readonly session: number;
  readonly instrument: number;
  readonly price: number;
  readonly quantity: number;
  /** Of money, questions and kills: the shard. */
  readonly minQuantity: number;
  readonly side: number;
  /** Order type, or the phase of a SetPhase. */
  readonly type: number;
  readonly timeInForce: number;
}

const frameWriter = new CommandFrameWriter();

export function commandFrame(number: number, ...records: Int32Array[]): Uint8Array {
  frameWriter.begin();
  for (const record of records) frameWriter.append(record, 0, record.length / COMMAND_WORDS);
  return frameWriter.finish(number).slice();
}

/** A signed Logon in answer to a challenge. */
export function logonFrame(
  challenge: ChallengeMessage,
  key: MadeKey,
  more: Partial<LogonTermsFields> = {},
): Uint8Array {
  const terms = encodeLogonTerms({
    version: PROTOCOL_VERSION,
    keyId: key.id,
    lane: 1,
    ackLevel: AckLevel.Disk,
    heartbeatSeconds: 60,
    resume: [],
    ...more,
  });
  const hash = createHash('sha256').update(terms).digest();
  const message = logonMessage(challenge.venue, challenge.nonce, more.keyId ?? key.id, hash);
  return encodeControl({ type: 'Logon', terms, signature: sign(null, message, key.privateKey) });
}

interface MadeShard {
  readonly engine: Engine;
  readonly recovered: RecoveredShard;
  readonly round: ShardRound;
  readonly supervisor: CommandRing;
  readonly output: OutputRing;
  /** Slots of the admin log that this shard was sent. */
  forwarded: number;
}

export interface MadeVenueOptions {
  readonly shards?: number;
  readonly gateways?: number;
  readonly limits?: Limits;
  readonly settings?: Partial<GatewaySettings>;
  /** Through which the gateways read. */
  readonly disk?: Disk;
  /** Where gateway 0 asks an auditor. */
  readonly auditor?: MessagePort | null;
  /** True: gateway 0 is not told what the shards were and must ask. */
  readonly late?: boolean;
  /** False: nothing is counted. */
  readonly metrics?: boolean;
}

export class MadeVenue {
  readonly clock = new FakeClock();
  readonly shards: MadeShard[];
  readonly gateways: Gateway[];
  readonly #makeGateway: (index: number, remains: GatewayRemains | null) => Gateway;
  readonly metrics: MetricsMemory;
  /** The shards' output rings. */
  readonly outputs: readonly SharedArrayBuffer[];
  /** False holds the shards still: what is sent to them waits in their rings. */
  shardsRun = true;
  framed = false;
  /** Gateways, by index, that do nothing. */
  readonly resting = new Set<number>();
  readonly logged: string[] = [];
  /** Set: signatures are not checked until the test calls what is pushed here. */
  heldVerifications: (() => void)[] | null = null;
  readonly #limits: Limits;
  readonly #makeShard: (shard: number, comesBack: boolean) => MadeShard;
  readonly #adminMemory: SharedArrayBuffer;
  readonly #adminLog: AdminLog;
  #operation = 0;
  #accounts: number;
  #keys: number;
  #instruments: number;

  /** Recovers what lies in `directory`, and closes the sessions that were open, as the supervisor does. */
  constructor(directory: string, options: MadeVenueOptions = {}) {
    const { shards: shardCount = 1, gateways: gatewayCount = 1, limits = VENUE_LIMITS, settings = {} } = options;
    const { disk = new RealDisk() } = options;
    this.#limits = limits;
    this.#adminMemory = AdminLog.create(limits);
    this.#adminLog = new AdminLog(this.#adminMemory);
    const producers = gatewayCount + 1;
    const times = <T>(count: number, make: (index: number) => T): T[] =>
      Array.from({ length: count }, (_, at) => make(at));
    const rings = times(shardCount, () => times(producers, () => CommandRing.create(limits.commandRingSlots)));
    const spans = times(shardCount, () => times(gatewayCount, () => TakenSpans.create(takenSpansNeeded(limits))));
    const outputs = times(shardCount, () => OutputRing.create(limits.outputRingSlots, gatewayCount));
    this.outputs = outputs;
    const bells = times(gatewayCount, () => Doorbell.create());
    const shardBells = times(shardCount, () => Doorbell.create());
    const directories = times(shardCount, (shard) => join(directory, `shard-${shard}`, 'journal'));
    const statuses = times(shardCount, () => ShardStatus.create());
    const ringsByProducer = times(producers, (producer) => rings.map((ofShard) => ofShard[producer]));
    this.metrics = claimMetrics('made', ringsByProducer, statuses, options.metrics !== false);
    this.#makeShard = (shard, comesBack) => {
      const adminLog = shard === 0 && !comesBack ? this.#adminMemory : undefined;
      const engine = new Engine(limits, shard, shardCount, adminLog);
      const task = { disk: new RealDisk(), directory: directories[shard], shard, shardCount, limits, engine };
      const recovered = recoverShard({ ...task, platformStartId: 1, onProgress: null });
      const output = new OutputRing(outputs[shard]);
      const told = [null, ...spans[shard].map((memory) => new TakenSpans(memory))];
      const shared = shard === 0 ? this.#adminMemory : null;
      if (comesBack) takeOver({ output, spans: told, adminLog: shared }, engine, recovered.epoch);
      else output.start(engine.eventSequence, recovered.epoch);
      engine.adminLog?.publish();
      const round = new ShardRound({
        limits,
        engine,
        writer: recovered.writer,
        rings: rings[shard].map((memory) => new CommandRing(memory)),
        spans: told,
        output,
        readerBells: bells.map((memory) => new Doorbell(memory)),
        boards: engine.adminLog,
        status: new ShardStatus(statuses[shard]),
        metrics: new ShardMetrics(this.metrics.shards[shard]),
        clockMs: () => this.clock.nowMs(),
        platformStartId: 1,
        lastTimeUs: recovered.lastTimeUs,
      });
      return { engine, recovered, round, output, supervisor: new CommandRing(rings[shard][0]), forwarded: 0 };
    };
    this.shards = times(shardCount, (shard) => this.#makeShard(shard, false));
    const published = this.#adminLog.published();
    for (const shard of this.shards.slice(1)) shard.forwarded = published;
    const count = (kind: CommandKind): number =>
      times(published, (slot) => this.#adminLog.words[this.#adminLog.wordOf(slot) + COMMAND_KIND_WORD] & 0xff).filter(
        (found) => found === kind,
      ).length;
    this.#accounts = count(CommandKind.AddAccount);
    this.#keys = count(CommandKind.AddKey);
    this.#instruments = count(CommandKind.AddInstrument);
    const access = claimAccess();
    const eventSequences = this.shards.map(({ engine }) => engine.eventSequence);
    const images = this.shards.map(({ engine, recovered }) => imageOf(engine, recovered.history));
    this.#loseOldSessions();
    const incarnation = new SharedArrayBuffer(4);
    new Int32Array(incarnation)[0] = Math.max(...this.shards.map(({ engine }) => engine.highestIncarnation)) + 1;
    this.#makeGateway = (index, remains) => {
      const data: GatewayWorkerData = {
        index,
        host: '127.0.0.1',
        port: 0,
        venue: VENUE,
        shardCount,
        limits,
        rings: rings.map((ofShard) => ofShard[index + 1]),
        spans: spans.map((ofShard) => ofShard[index]),
        outputs,
        readerIndex: index,
        doorbell: bells[index],
        shardDoorbells: shardBells,
        adminLog: this.#adminMemory,
        incarnation,
        progress: new SharedArrayBuffer(4),
        journalDirectories: directories,
        epochs: this.shards.map(({ recovered }) => recovered.epochs),
        eventSequences,
        images: index === 0 && options.late === true ? null : images,
        auditor: index === 0 ? (options.auditor ?? null) : null,
        metrics: this.metrics,
        access,
        pageDirectory: join(directory, 'page'),
        gateways: gatewayCount,
        remains,
        settings: { ...DEFAULT_GATEWAY_SETTINGS, eventsPerTurn: 64, ...settings },
      };
      return new Gateway(data, {
        clock: this.clock,
        disk,
        verify: (message, key, signature, done) => {
          const check = (): void => done(verify(null, message, key, signature));
          if (this.heldVerifications === null) check();
          else this.heldVerifications.push(check);
        },
        soon: (work) => work(),
        framedWanted: (wanted) => {
          this.framed = wanted;
        },
        log: (level, code) => {
          this.logged.push(`${level} ${code}`);
        },
      });
    };
    this.gateways = times(gatewayCount, (index) => this.#makeGateway(index, null));
    this.pump();
  }

  /** As when its thread threw: nothing of it runs any more, and another one takes its place. */
  replaceGateway(index: number): void {
    this.gateways[index] = this.#makeGateway(index, this.gateways[index].remains());
  }

  get gateway(): Gateway {
    return this.gateways[0];
  }

  /** Everyone works until nobody has anything to do. */
  pump(): void {
    for (let turn = 0; turn < PUMP_LIMIT; turn++) {
      let more = false;
      if (this.shardsRun) {
        for (const shard of this.shards) if (this.roundOf(shard)) more = true;
        if (this.#forward()) more = true;
      }
      for (const [index, gateway] of this.gateways.entries()) {
        if (!this.resting.has(index) && (gateway.turn() || gateway.hasWork())) more = true;
      }
      if (!more) return;
    }
    throw new Error('A made venue never came to rest.');
  }

  /** One round of one shard; true when it took something. */
  roundOf({ round, engine }: MadeShard): boolean {
    const before = engine.commandSequence;
    round.doRound(this.clock.nowUs(), this.clock.nowMs());
    return engine.commandSequence !== before;
  }

  /** A shard that threw at a command is there again, as its next thread would be. */
  comeBack(shard: number): void {
    const { recovered, forwarded } = this.shards[shard];
    recovered.writer.close();
    this.shards[shard] = { ...this.#makeShard(shard, true), forwarded };
  }

  /** Lets time pass; gateways look at their sessions ten times a second. */
  wait(ms: number): void {
    for (const end = this.clock.ms + ms; this.clock.ms < end; ) {
      this.clock.ms += Math.min(100, end - this.clock.ms);
      for (const gateway of this.gateways) gateway.tick();
      this.pump();
    }
  }

  /** Ends it; another one may be made over the directory. */
  end(): void {
    for (const gateway of this.gateways) gateway.release();
    for (const { recovered } of this.shards) recovered.writer.close();
  }

  addAccount(): number {
    this.#admin(CommandKind.AddAccount, 0, encodeAccountTerms({ name: `account ${this.#accounts + 1}` }));
    return ++this.#accounts;
  }

  addKey(account: number, rights: number = ALL_RIGHTS): MadeKey {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { x = '' } = publicKey.export({ format: 'jwk' });
    const terms = encodeKeyTerms({ publicKey: Buffer.from(x, 'base64url'), rights, label: '' });
    this.#admin(CommandKind.AddKey, account, terms);
    return { id: ++this.#keys, account, privateKey };
  }

  revokeKey(key: MadeKey): void {
    const words = madeCommand(CommandKind.RevokeKey, 0, ++this.#operation, { target: key.id });
    if (this.shards[0].supervisor.publish(words, 0, 1) < 0) throw new Error('The supervisor has no room.');
    this.pump();
  }

  /** Added on `shard` and trading, unless told otherwise. Returns its id. */
  addInstrument(shard = 0, symbol = `I${this.#instruments + 1}`): number {
    const terms = encodeInstrumentTerms({
      symbol,
      shard,
      priceMin: 1,
      priceMax: 10_000,
      quantityMax: 1_000_000,
      unit: 1,
      referencePrice: null,
      priceDecimals: 2,
      quantityDecimals: 0,
    });
    this.#admin(CommandKind.AddInstrument, 0, terms);
    return ++this.#instruments;
  }

  connect(gateway: Gateway = this.gateway): { readonly socket: FakeSocket; readonly session: Session } {
    const socket = new FakeSocket();
    return { socket, session: gateway.connected(socket) };
  }

  /** A Logon to the challenge that the socket got. */
  logonFrame(socket: FakeSocket, key: MadeKey, more: Partial<LogonTermsFields> = {}): Uint8Array {
    const challenge = socket.last('Challenge');
    if (challenge === undefined) throw new Error('There was no challenge.');
    return logonFrame(challenge, key, more);
  }

  /** Connects, logs on and waits until the session is live or refused. */
  logOn(key: MadeKey, more: Partial<LogonTermsFields> = {}, gateway: Gateway = this.gateway) {
    const { socket, session } = this.connect(gateway);
    gateway.message(session, this.logonFrame(socket, key, more), true);
    this.pump();
    return { socket, session, gateway };
  }

  #admin(kind: CommandKind, account: number, parts: Int32Array): void {
    const operation = ++this.#operation;
    const words = new Int32Array(COMMAND_WORDS + parts.length);
    words.set(madeCommand(kind, 0, operation, { account }));
    words.set(parts, COMMAND_WORDS);
    for (let at = 0; at < words.length; at += COMMAND_WORDS) words[at] = operation;
    const records = words.length / COMMAND_WORDS;
    if (this.shards[0].supervisor.publish(words, 0, records) < 0) throw new Error('The supervisor has no room.');
    this.pump();
  }

  /** Sends the other shards what shard 0 has published. */
  #forward(): boolean {
    const published = this.#adminLog.published();
    let sent = false;
    for (const shard of this.shards.slice(1)) {
      if (shard.forwarded === published) continue;
      const records = published - shard.forwarded;
      const words = this.#adminLog.words.slice(
        this.#adminLog.wordOf(shard.forwarded),
        this.#adminLog.wordOf(shard.forwarded + records),
      );
      for (let at = 0; at < words.length; at += COMMAND_WORDS) {
        if ((words[at + COMMAND_KIND_WORD] & 0xff) !== CommandKind.Part) words[at + COMMAND_SESSION] = 0;
      }
      if (shard.supervisor.publish(words, 0, records) < 0) throw new Error('The supervisor has no room.');
      shard.forwarded = published;
      sent = true;
    }
    return sent;
  }

  #loseOldSessions(): void {
    for (const shard of this.shards) {
      for (const incarnation of shard.engine.openIncarnations()) {
        shard.supervisor.publish(madeCommand(CommandKind.SessionLost, 0, 0, { session: incarnation }), 0, 1);
      }
      while (this.roundOf(shard));
    }
  }

  get limits(): Limits {
    return this.#limits;
  }
}
