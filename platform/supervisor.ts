/**
 * The platform's main thread: claims the memory, starts shards and gateways in the order that makes a recovery right,
 * watches them, forwards admin records, stops them. It owns no socket and is on no order's way.
 *
 *   lock ─> shards recover ─> SessionLost for every open incarnation, durable ─> incarnation word above all of them
 *        ─> operator's records on a first start, durable ─> gateways listen ─> ready
 *
 * The order matters: a gateway that served before the SessionLosts are durable could show a session of the last life as
 * open; one that gave out an incarnation that a shard has seen before would make a stale command pass.
 */

import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { AdminLog } from '../engine/admin-log.js';
import { TransitBoard } from '../engine/ledger/transit-board.js';
import { MetricWords } from '../engine/metrics/metric-words.js';
import { watchThread } from '../engine/metrics/thread-watch.js';
import { MAIN } from '../engine/metrics/words.js';
import { spinRounds } from '../engine/ring/wait-policy.js';
import { ShardStatus } from '../engine/shard/status-words.js';
import type { ShardRecovered } from '../engine/shard/worker-data.js';
import { claimMetrics, type MetricsMemory } from '../gateway/metrics/metrics-memory.js';
import { probePort } from '../gateway/port-probe.js';
import { type AccessMemory, claimAccess } from '../gateway/sessions/access.js';
import { CAUSE_DISK, VenueMode } from '../gateway/venue-mode.js';
import { DEFAULT_GATEWAY_SETTINGS, type GatewayRemains, type GatewayWorkerData } from '../gateway/worker-data.js';
import { encodeAccountTerms, encodeKeyTerms } from '../schemas/admin.js';
import { CommandKind, Right } from '../schemas/codes.js';
import { AdminForwarding } from './admin-forwarding.js';
import { createAdminKey, OPERATOR_ACCOUNT, readAdminKey } from './admin-key.js';
import { AuditorThread } from './auditor-thread.js';
import { checkClockBehind } from './clock-check.js';
import { Comebacks } from './comebacks.js';
import type { Configuration } from './configuration.js';
import { ConnectionWatch, countDescriptors } from './connections/connection-watch.js';
import { connectionFiles, openFilesLimit, sessionRoom } from './connections/open-files.js';
import { type DataDirectory, journalDirectory, lastSegment, markBegun } from './data-directory.js';
import { DiskWatch, freeBytesAt, reserveOf } from './disk-watch.js';
import { EXIT_CORRUPT_JOURNAL, PlatformError } from './exit-codes.js';
import { GatewayThreads } from './gateway-threads.js';
import type { PlatformLog } from './log.js';
import { MoveForwarding } from './move-forwarding.js';
import { OwnChannel } from './own-channel.js';
import { commandWords, withParts } from './own-commands.js';
import { ShardThreads, type StuckShard } from './shard-threads.js';
import { claimVenueMemory, SUPERVISOR, type VenueMemory } from './venue-memory.js';
import { platformVersion } from './version.js';

/** Threads that are busy when the platform is: shards, gateways, and the load's own. */
const OTHER_HOT_THREADS = 1;
/** Records of a first start: the operator's account, then its key. */
const FIRST_RECORDS = 2;
const STREAM_PATH = '/v1/stream';
/** Where "make build" puts the page. */
const PAGE_DIRECTORY = join(import.meta.dirname, '..', 'page');

/** What is known when everything serves. */
export interface Serving {
  readonly port: number;
  readonly url: string;
  readonly shards: readonly ShardRecovered[];
}

export interface SupervisorEvents {
  /** A thread ended by itself, or says that it must. */
  died(error: PlatformError): void;
  /** A thread hangs where nothing can stop it. */
  stuck(shard: StuckShard): void;
  /** A gateway's thread does nothing any more. */
  gatewayStuck(gateway: number): void;
}

export class Supervisor {
  private readonly configuration: Configuration;
  private readonly directory: DataDirectory;
  private readonly log: PlatformLog;
  private readonly events: SupervisorEvents;
  private readonly memory: VenueMemory;
  private readonly adminLog: SharedArrayBuffer;
  private readonly transits: readonly SharedArrayBuffer[];
  private readonly statuses: readonly SharedArrayBuffer[];
  private readonly metrics: MetricsMemory;
  private readonly access: AccessMemory = claimAccess();
  private readonly shards: ShardThreads;
  private readonly gateways = new GatewayThreads();
  private readonly channels: readonly OwnChannel[];
  /** Sessions that one gateway may have. */
  private readonly sessionsEach: number;
  private forwarding: AdminForwarding | null = null;
  private moves: MoveForwarding | null = null;
  private connections: ConnectionWatch | null = null;
  private auditor: AuditorThread | null = null;
  private readonly disk: DiskWatch;

  constructor(configuration: Configuration, directory: DataDirectory, log: PlatformLog, events: SupervisorEvents) {
    const { shards, gateways } = configuration;
    const { limits } = directory;
    const { sessions, warning } = sessionRoom(openFilesLimit(), gateways, shards);
    if (warning !== '') log.warn(warning);
    this.sessionsEach = sessions;
    this.configuration = configuration;
    this.directory = directory;
    this.log = log;
    this.events = events;
    this.memory = claimVenueMemory(shards, gateways, limits);
    this.adminLog = AdminLog.create(limits);
    this.transits = Array.from({ length: shards }, () => TransitBoard.create());
    this.statuses = Array.from({ length: shards }, () => ShardStatus.create());
    this.metrics = claimMetrics(platformVersion(), this.memory.rings, this.statuses, configuration.metrics);
    this.shards = new ShardThreads(shards, this.statuses, this.memory.shardBells, log);
    this.disk = this.watchDisk();
    this.channels = this.memory.outputs.map((output, shard) => {
      const ring = this.memory.rings[SUPERVISOR]?.[shard];
      const bell = this.memory.shardBells[shard];
      if (ring === undefined || bell === undefined) throw new Error(`Shard ${shard} has no ring: a bug of its maker.`);
      return new OwnChannel(shard, ring, output, bell);
    });
  }

  /** How often this platform was started again. */
  countRestarts(restarts: number): void {
    new MetricWords(this.metrics.main).set(MAIN.restarts, restarts);
  }

  /** Resolves when the platform serves. Throws a PlatformError with one sentence when it cannot. */
  async start(): Promise<Serving> {
    watchThread(new MetricWords(this.metrics.main));
    const platformStartId = randomBytes(6).readUIntBE(0, 6);
    this.log.info(`opening ${this.directory.path}: its shards recover`);
    const { host, port, gateways } = this.configuration;
    this.gateways.prepare(gateways, {
      log: this.log,
      died: this.events.died,
      accepting: (gateway, open) => this.connections?.accepting(gateway, open),
      replaced: () => new MetricWords(this.metrics.main).count(MAIN.gatewaysReplaced, 1),
    });
    if (this.configuration.auditor) this.auditor = new AuditorThread(this.log, this.events.died);
    const comebacks = new Comebacks(this.directory.path, this.memory.rings, this.log, this.metrics.main);
    const recovered = await this.shards.start((shard) => this.shardTask(shard, platformStartId), {
      died: this.events.died,
      threw: (threw) => comebacks.prepare(threw),
      cameBack: (shard) => this.logRecovered(shard),
    });
    for (const shard of recovered) this.logRecovered(shard);
    const clockWarning = checkClockBehind(Date.now(), recovered, this.configuration.clockBehindMinutes);
    if (clockWarning !== '') this.log.warn(clockWarning);
    this.checkFollowers(recovered);
    markBegun(this.directory);
    this.shards.startWatch(this.configuration.syncLimitSeconds * 1000, this.events.stuck);
    await this.closeOldSessions(recovered);
    const highest = recovered.reduce((most, shard) => Math.max(most, shard.highestIncarnation), 0);
    // Gateways add to this word; it must stand above all that any shard knows before the first of them runs. A number
    // whose opening was refused by all shards, or was lost with a tail, is known to none and may be given again. That is
    // no way around the fence: a session sends nothing before its opening is durable in every shard, so no command, no
    // order and no lane ever bore such a number, its client was never told it, and the rings of the last life are gone.
    // One shard that did open it is enough to raise this word above it.
    Atomics.store(new Int32Array(this.memory.incarnation), 0, (highest + 1) | 0);
    await this.sequenceOperator(recovered);
    await this.auditor?.loaded;
    this.startForwarding(recovered);
    await this.disk.start();
    const listening = await this.gateways.serve(
      (index, onPort, remains) => this.gatewayData(index, onPort, recovered, remains),
      host,
      port,
    );
    this.connections = this.watchConnections(host, listening);
    this.startAuditor(recovered);
    // A gateway hangs where a shard does: in a call to the same disk, which has the same time to return.
    const { syncLimitSeconds } = this.configuration;
    this.gateways.startWatch(this.memory.gatewayProgress, syncLimitSeconds, this.events.gatewayStuck);
    const shown = host.includes(':') ? `[${host}]` : host;
    return { port: listening, url: `ws://${shown}:${listening}${STREAM_PATH}`, shards: recovered };
  }

  /** Sessions are closed with "come again", then the shards finish what was taken. No thread is left afterwards. */
  async stop(): Promise<void> {
    this.connections?.stop();
    this.disk.stop();
    await this.gateways.stop();
    this.forwarding?.stop();
    this.moves?.stop();
    await this.auditor?.end();
    await this.shards.stop();
  }

  /**
   * Ends all threads as they stand; nothing acknowledged is lost. The gateways first, in order: one that dies with live
   * sockets aborts the process. Never resolves while a thread is in a call of the system that does not return.
   */
  async abandon(): Promise<void> {
    this.connections?.stop();
    this.disk.stop();
    await this.gateways.stop();
    this.forwarding?.stop();
    this.moves?.stop();
    await this.auditor?.end();
    await this.shards.abandon();
  }

  /** Behind the start: it reads what the shards have read, and nobody waits for it. */
  private startAuditor(recovered: readonly ShardRecovered[]): void {
    const { snapshotCommands, keepSegments, archive, shards: shardCount } = this.configuration;
    if (this.auditor === null) return;
    const shards = recovered.map(({ shard, eventSequence }) => {
      const output = this.memory.outputs[shard];
      const metrics = this.metrics.audits[shard];
      if (!(output && metrics)) throw new Error(`Shard ${shard} has no memory: a bug of its maker.`);
      const journal = journalDirectory(this.directory.path, shard);
      const copy = archive === null ? '' : journalDirectory(resolve(archive), shard);
      return { shard, journal, output, metrics, archive: copy, eventSequence };
    });
    const { limits } = this.directory;
    this.auditor.begin({ shards, shardCount, limits, snapshotCommands, keepSegments });
  }

  private watchDisk(): DiskWatch {
    const { path } = this.directory;
    const words = new MetricWords(this.metrics.main);
    const mode = new VenueMode(this.access.mode);
    const reserve = reserveOf(this.configuration, this.directory);
    words.set(MAIN.diskReserve, reserve);
    return new DiskWatch({
      path,
      reserve,
      freeBytes: () => freeBytesAt(path),
      measured: (free, isNearlyFull) => {
        words.set(MAIN.diskFree, free);
        words.set(MAIN.cancelOnly, isNearlyFull ? 1 : 0);
        mode.set(CAUSE_DISK, isNearlyFull);
      },
      log: (level, code, message) => this.log[level]({ code }, message),
    });
  }

  private watchConnections(host: string, port: number): ConnectionWatch {
    const { gateways, shards, connections } = this.configuration;
    const words = new MetricWords(this.metrics.main);
    const watch = new ConnectionWatch({
      gateways,
      connections,
      ...connectionFiles(openFilesLimit(), gateways, shards),
      countDescriptors,
      nowMs: () => performance.now(),
      accept: (open) => this.gateways.accept(open),
      probe: () => probePort(host, port),
      measured: (descriptors, closed) => {
        if (Number.isFinite(descriptors)) words.set(MAIN.openFiles, descriptors);
        if (closed) words.count(MAIN.portClosed, 1);
      },
      log: (level, code, message) => this.log[level]({ code }, message),
    });
    watch.start();
    return watch;
  }

  private shardTask(shard: number, platformStartId: number) {
    const { configuration, memory } = this;
    const output = memory.outputs[shard];
    const doorbell = memory.shardBells[shard];
    const status = this.statuses[shard];
    const metrics = this.metrics.shards[shard];
    const transit = this.transits[shard];
    if (!(output && doorbell && status && metrics && transit)) {
      throw new Error(`Shard ${shard} has no memory: a bug of its maker.`);
    }
    return {
      shard,
      shardCount: configuration.shards,
      limits: this.directory.limits,
      directory: journalDirectory(this.directory.path, shard),
      platformStartId,
      rings: columnOf(memory.rings, shard),
      spans: [null, ...columnOf(memory.spans, shard)],
      output,
      doorbell,
      readerDoorbells: memory.readerBells,
      adminLog: shard === 0 ? this.adminLog : null,
      transit,
      status,
      metrics,
      spinRounds: spinRounds(configuration.shards + configuration.gateways + OTHER_HOT_THREADS),
    };
  }

  /** `remains`: of the thread that this one is to replace; it begins with the newest there is. */
  private gatewayData(
    index: number,
    port: number,
    recovered: readonly ShardRecovered[],
    remains: GatewayRemains | null,
  ): GatewayWorkerData {
    const { configuration, memory } = this;
    const producer = index + 1;
    const rings = memory.rings[producer];
    const spans = memory.spans[index];
    const doorbell = memory.readerBells[producer];
    const progress = memory.gatewayProgress[index];
    if (rings === undefined || spans === undefined || doorbell === undefined || progress === undefined) {
      throw new Error(`Gateway ${index} has no memory: a bug of its maker.`);
    }
    return {
      index,
      host: configuration.host,
      port,
      venue: configuration.venue,
      shardCount: configuration.shards,
      limits: this.directory.limits,
      rings,
      spans,
      outputs: memory.outputs,
      readerIndex: producer,
      doorbell,
      shardDoorbells: memory.shardBells,
      adminLog: this.adminLog,
      incarnation: memory.incarnation,
      progress,
      journalDirectories: recovered.map(({ shard }) => journalDirectory(this.directory.path, shard)),
      epochs: recovered.map(({ epochs }) => epochs),
      eventSequences: recovered.map(({ eventSequence }) => eventSequence),
      images: remains === null || this.auditor === null ? recovered.map(({ image }) => image) : null,
      auditor: this.auditor?.asker(`gateway-${index}`) ?? null,
      metrics: this.metrics,
      access: this.access,
      pageDirectory: PAGE_DIRECTORY,
      gateways: configuration.gateways,
      remains,
      settings: {
        ...DEFAULT_GATEWAY_SETTINGS,
        maxSessions: this.sessionsEach,
        maxPublicSessions: configuration.publicSessions,
        resumeEvents: configuration.resumeEvents,
      },
    };
  }

  /**
   * A follower gets only what is durable in shard 0. One that holds more means that records of shard 0 are gone: their
   * numbers would be given again, and the shards would know different accounts, keys and instruments by them.
   */
  private checkFollowers(recovered: readonly ShardRecovered[]): void {
    const first = recovered.find(({ shard }) => shard === 0)?.adminNumber ?? 0;
    const ahead = recovered.find(({ adminNumber }) => adminNumber > first);
    if (ahead === undefined) return;
    const { path } = this.directory;
    throw new PlatformError(
      'ADMIN_RECORDS_MISSING',
      EXIT_CORRUPT_JOURNAL,
      `Shard ${ahead.shard} holds ${ahead.adminNumber} admin records (${lastSegment(path, ahead.shard)}), but shard 0, which numbers them, ends with ${first} (${lastSegment(path, 0)}): restore the journals of all shards from one backup.`,
    );
  }

  private logRecovered(shard: ShardRecovered): void {
    const { epoch, snapshotCommand, commands, commandSequence, eventSequence, tornTails, tornBytes } = shard;
    const from = snapshotCommand === 0 ? '' : ` behind its snapshot of command ${snapshotCommand}`;
    const found =
      commandSequence === 0
        ? 'begins a new journal'
        : `recovered ${commands} commands${from} in ${Math.round(shard.ms)} ms`;
    this.log.info(
      { shard: shard.shard, epoch, snapshotCommand, commands, commandSequence, eventSequence, tornTails, tornBytes },
      `shard ${shard.shard} ${found}`,
    );
  }

  /** No session of the last life lives on: each shard says so before anyone can ask. */
  private async closeOldSessions(recovered: readonly ShardRecovered[]): Promise<void> {
    await Promise.all(
      recovered.map((shard) => {
        const lost = [...shard.openIncarnations].map((session) => commandWords(CommandKind.SessionLost, 0, session));
        return this.channelTo(shard.shard).carryOut(lost, shard.commandSequence);
      }),
    );
  }

  /**
   * The operator's account and key are the first two admin records of a venue. A start that died between them, or before
   * them, goes on where it stopped: what is in the log says what is missing.
   */
  private async sequenceOperator(recovered: readonly ShardRecovered[]): Promise<void> {
    const done = AdminForwarding.published(this.adminLog);
    let key = readAdminKey(this.directory.adminKeyPath);
    if (done >= FIRST_RECORDS) {
      if (key === null) {
        this.log.warn(
          `there is no operator key at ${this.directory.adminKeyPath}: put it back where an operator must log on from here`,
        );
      }
      return;
    }
    if (key === null) {
      if (done === 0 && !this.isNew(recovered)) {
        throw new PlatformError(
          'OPERATOR_MISSING',
          EXIT_CORRUPT_JOURNAL,
          `The journal in ${this.directory.path} has commands but no operator's records: restore it from a backup.`,
        );
      }
      key = createAdminKey(this.directory.adminKeyPath);
    }
    const account = withParts(commandWords(CommandKind.AddAccount, 0, 0), encodeAccountTerms({ name: 'operator' }));
    const rights = Right.Read | Right.Trade | Right.Market | Right.Admin | Right.Risk;
    const publicKey = Buffer.from(key.publicKey, 'hex');
    const keyRecord = withParts(
      commandWords(CommandKind.AddKey, OPERATOR_ACCOUNT, 0),
      encodeKeyTerms({ publicKey, rights, label: 'operator' }),
    );
    const shardZero = recovered.find(({ shard }) => shard === 0);
    await this.channelTo(0).carryOut([account, keyRecord].slice(done), shardZero?.commandSequence ?? 0);
  }

  private isNew(recovered: readonly ShardRecovered[]): boolean {
    return recovered.every(({ commandSequence }) => commandSequence === 0);
  }

  private startForwarding(recovered: readonly ShardRecovered[]): void {
    const followers = recovered.filter(({ shard }) => shard !== 0);
    this.forwarding = new AdminForwarding(
      this.adminLog,
      followers.map(({ shard }) => this.channelTo(shard)),
      followers.map(({ adminNumber }) => adminNumber),
    );
    this.forwarding.start();
    this.moves = new MoveForwarding(
      this.transits.map((memory) => new TransitBoard(memory)),
      this.channels,
      this.log,
    );
    this.moves.start();
  }

  private channelTo(shard: number): OwnChannel {
    const channel = this.channels[shard];
    if (channel === undefined) throw new Error(`There is no shard ${shard}: a bug of the caller.`);
    return channel;
  }
}

/** What each producer (row) has for one shard. */
function columnOf(rows: readonly (readonly SharedArrayBuffer[])[], shard: number): SharedArrayBuffer[] {
  return rows.map((row, producer) => {
    const memory = row[shard];
    if (memory === undefined) throw new Error(`Producer ${producer} has nothing for shard ${shard}.`);
    return memory;
  });
}
