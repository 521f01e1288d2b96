/**
 * The life of a shard: recover, tell, round after round until it is told to stop. On the worker's thread, which blocks
 * here; the disk is an argument, so that the tests can run a shard on one that loses what was not synced.
 */

import { randomInt } from 'node:crypto';
import { Engine } from '../engine.js';
import type { Disk } from '../journal/disk.js';
import type { JournalWriter } from '../journal/writer.js';
import { TransitBoard } from '../ledger/transit-board.js';
import { ShardMetrics } from '../metrics/shard-metrics.js';
import { ShardGarbage } from '../metrics/thread-watch.js';
import { imageOf } from '../public/shard-image.js';
import { CommandRing } from '../ring/command-ring.js';
import { Doorbell } from '../ring/doorbell.js';
import { OutputRing } from '../ring/output-ring.js';
import { WaitPolicy } from '../ring/wait-policy.js';
import { restoreNewest, snapshotsBeside } from '../snapshot/snapshots.js';
import { monotonicMs, ShardClock } from './clock.js';
import { CommandFailure } from './command-failure.js';
import { type RecoveredShard, recoverShard } from './recovery.js';
import { ShardRound } from './round.js';
import { ShardState, ShardStatus } from './status-words.js';
import { takeOver } from './take-over.js';
import { TakenSpans } from './taken-spans.js';
import { warmUpBehind } from './warm-up.js';
import type { ShardMessage, ShardTask } from './worker-data.js';

/** The longest sleep on the doorbell: a peer that died never rings, and a stop that is not rung is seen after it. */
const PARK_MS = 100;
/** Readers that move do not ring the shard: while commands wait for them it looks again so often. */
const BLOCKED_PARK_MS = 1;

/**
 * Returns when the shard was told to stop and its files are closed; throws when it fails. Behind a CommandFailure its files
 * are closed, and the same task may be run again, with `comesBack`, on another thread.
 */
export function runShard(task: ShardTask, disk: Disk): void {
  const status = new ShardStatus(task.status);
  status.enter(ShardState.RECOVERING, monotonicMs());
  const { limits, shard, shardCount, comesBack } = task;
  const identity = { shard, shardCount };
  const seed = randomInt(2 ** 32);
  // One that comes back recovers apart from those who read.
  const adminLog = comesBack ? undefined : (task.adminLog ?? undefined);
  const fresh = (): Engine => new Engine(limits, shard, shardCount, adminLog, seed);
  const found = restoreNewest(disk, snapshotsBeside(task.directory), identity, limits, fresh, ({ path, why }) =>
    tell(task, { type: 'bad-snapshot', shard, path, why }),
  );
  const engine = found?.engine ?? fresh();
  const restored = found?.restored ?? null;
  const recovered = recoverShard({
    ...task,
    disk,
    engine,
    restored,
    onProgress: (progress) => tell(task, { type: 'progress', shard: task.shard, ...progress }),
  });
  const metrics = new ShardMetrics(task.metrics);
  metrics.recovered(recovered.epoch, recovered.ms, recovered.commands);
  const output = new OutputRing(task.output);
  const spans = task.spans.map((memory) => (memory === null ? null : new TakenSpans(memory)));
  if (comesBack) takeOver({ output, spans, adminLog: task.adminLog }, engine, recovered.epoch);
  else output.start(engine.eventSequence, recovered.epoch);
  const transit = new TransitBoard(task.transit);
  const boards = {
    publish: () => {
      engine.adminLog?.publish();
      transit.publish(engine.transit);
    },
  };
  boards.publish();
  const round = new ShardRound({
    limits: task.limits,
    engine,
    writer: recovered.writer,
    rings: task.rings.map((memory) => new CommandRing(memory)),
    spans,
    output,
    readerBells: task.readerDoorbells.map((memory) => new Doorbell(memory)),
    boards,
    status,
    metrics,
    clockMs: monotonicMs,
    platformStartId: task.platformStartId,
    lastTimeUs: recovered.lastTimeUs,
  });
  // Where commands wait already, they are what warms the code up: it would be several times the rest of the way back.
  if (!comesBack) warmUpBehind(recovered.commands);
  status.enter(ShardState.MATCHING, monotonicMs());
  tell(task, recoveredMessage(task, engine, recovered, restored?.commandSequence ?? 0));
  try {
    serve(task, status, round, new ShardGarbage(metrics.words, monotonicMs()));
  } catch (error) {
    // Between two writes: all that was written is whole. Whoever comes back opens the files itself.
    if (error instanceof CommandFailure) recovered.writer.close();
    throw error;
  }
  stop(task, status, recovered.writer);
}

function serve(task: ShardTask, status: ShardStatus, round: ShardRound, garbage: ShardGarbage): void {
  const clock = new ShardClock();
  const bell = new Doorbell(task.doorbell);
  const policy = new WaitPolicy(bell, task.spinRounds);
  while (!status.stopRequested) {
    const nowMs = monotonicMs();
    const idle = policy.after(round.doRound(clock.wallUs(nowMs), nowMs));
    garbage.look(nowMs, idle);
    if (idle) {
      status.enter(ShardState.IDLE, monotonicMs());
      bell.sleep(round.blocked ? BLOCKED_PARK_MS : Math.min(PARK_MS, untilDueMs(round, clock)));
      status.enter(ShardState.MATCHING, monotonicMs());
    }
  }
}

/** How long nothing is due: a timer wakes a shard that has nothing else to do. */
function untilDueMs(round: ShardRound, clock: ShardClock): number {
  return Math.max(0, (round.nextDueUs - clock.wallUs(monotonicMs())) / 1000);
}

function stop(task: ShardTask, status: ShardStatus, writer: JournalWriter): void {
  writer.close();
  status.enter(ShardState.STOPPED, monotonicMs());
  tell(task, { type: 'stopped', shard: task.shard });
}

function recoveredMessage(task: ShardTask, engine: Engine, recovered: RecoveredShard, restored: number): ShardMessage {
  return {
    type: 'recovered',
    shard: task.shard,
    epoch: recovered.epoch,
    epochs: recovered.epochs,
    commandSequence: engine.commandSequence,
    eventSequence: engine.eventSequence,
    openIncarnations: engine.openIncarnations(),
    highestIncarnation: engine.highestIncarnation,
    adminNumber: engine.adminNumber,
    snapshotCommand: restored,
    commands: recovered.commands,
    lastTimeUs: recovered.lastTimeUs,
    tornTails: recovered.tornTail === null ? 0 : 1,
    tornBytes: recovered.tornTail?.bytes ?? 0,
    ms: recovered.ms,
    image: imageOf(engine, recovered.history),
  };
}

function tell(task: ShardTask, message: ShardMessage): void {
  task.port.postMessage(message);
}
