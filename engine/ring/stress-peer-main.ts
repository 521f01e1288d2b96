/**
 * The threads of ring-threads.test.ts: a producer, a consumer, a writer or a reader, chosen by `workerData.role`. Each
 * parks on its doorbell when it can do nothing (two shared cores: no spinning), never longer than PARK_MS, and posts one
 * StressReport at its end. The `broken…` roles do what a ring must never do, so that the test sees its checker at work.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { COMMAND_WORDS, EVENT_WORDS } from '../../schemas/layout.js';
import { CommandRing } from './command-ring.js';
import { Doorbell } from './doorbell.js';
import { OutputReader, READER_DROPPED, READER_LAPPED, UP_TO_DURABLE, UP_TO_MATCHED } from './output-reader.js';
import { OutputRing } from './output-ring.js';
import { OUTPUT_RING_CLAIM, OUTPUT_RING_DURABLE } from './ring-layout.js';
import { fillPattern, firstWrongSlot } from './slot-pattern.js';
import type { StressReport, StressTask } from './stress-task.js';
import { WaitPolicy } from './wait-policy.js';

const PARK_MS = 20;
const BATCH_SLOTS = 256;

const task = workerData as StressTask;
const ring = task.ring;
const ownBell = new Doorbell(task.ownBell);
const peerBells = task.peerBells.map((memory) => new Doorbell(memory));
const policy = new WaitPolicy(ownBell, 0);
const report: StressReport = { slots: 0, wrong: 0, negative: 0, full: 0, parked: 0, timedOut: 0, lastPosition: 0 };
/** Something to wait on for a given time: nobody ever rings it. */
const nowhere = new Int32Array(new SharedArrayBuffer(4));
let random = task.seed >>> 0;

function nextRandom(below: number): number {
  random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
  return Math.floor((random / 4294967296) * below);
}

function pause(ms: number): void {
  Atomics.wait(nowhere, 0, 0, ms);
}

function ringPeers(): void {
  for (const bell of peerBells) {
    bell.ring();
  }
}

/** The loop of every role: `step` returns how much it did; ends when `done` says so. */
function work(step: () => number, done: () => boolean): void {
  while (!done()) {
    if (policy.after(step())) {
      report.parked++;
      if (!ownBell.sleep(PARK_MS)) {
        report.timedOut++;
      }
    }
  }
}

/** Publishes, waits, and fills only then. */
class PublishesBeforeItFills extends CommandRing {
  override publish(source: Int32Array, at: number, count: number): number {
    const position = this.claim(count);
    if (position < 0) {
      return position;
    }
    const next = this.commit();
    ringPeers();
    pause(1);
    for (let slot = 0; slot < count; slot++) {
      const from = at + slot * COMMAND_WORDS;
      this.words.set(source.subarray(from, from + COMMAND_WORDS), this.slotWord(position + slot));
    }
    return next;
  }
}

function produce(commands: CommandRing): void {
  const words = new Int32Array(BATCH_SLOTS * COMMAND_WORDS);
  let position = commands.publishedPosition;
  let left = (task.lastPosition - position) | 0;
  work(
    () => {
      const count = Math.min(left, 1 + nextRandom(BATCH_SLOTS));
      fillPattern(words, 0, count, COMMAND_WORDS, position);
      if (commands.publish(words, 0, count) < 0) {
        report.full++;
        return 0;
      }
      position += count;
      left -= count;
      report.slots += count;
      ringPeers();
      return count;
    },
    () => left === 0,
  );
  report.lastPosition = commands.publishedPosition;
}

function consume(commands: CommandRing): void {
  const words = new Int32Array(commands.slots * COMMAND_WORDS);
  work(
    () => {
      const available = commands.available();
      const count = available > 64 ? 1 + nextRandom(available) : available;
      if (count === 0) {
        return 0;
      }
      const position = commands.readPosition;
      commands.copyOut(words, 0, count);
      if (firstWrongSlot(words, 0, count, COMMAND_WORDS, position) >= 0) {
        report.wrong++;
      }
      commands.release(commands.readPosition);
      report.slots += count;
      ringPeers();
      return count;
    },
    () => commands.releasedPosition === task.lastPosition >>> 0,
  );
  report.lastPosition = commands.releasedPosition;
}

function write(output: OutputRing): void {
  const words = new Int32Array(BATCH_SLOTS * EVENT_WORDS);
  let left = (task.lastPosition - output.claimPosition) | 0;
  work(
    () => {
      const count = Math.min(left, 1 + nextRandom(BATCH_SLOTS));
      fillPattern(words, 0, count, EVENT_WORDS, output.claimPosition + 1);
      if (!output.hasRoom(count)) {
        report.full++;
        report.negative += output.dropLaggards(performance.now(), task.lagLimitMs);
        return 0;
      }
      output.write(words, 0, count);
      output.publishMatched(output.claimPosition);
      if (nextRandom(4) === 0 || left === count || !output.hasRoom(2 * BATCH_SLOTS)) {
        output.publishDurable(output.claimPosition);
        ringPeers();
      }
      left -= count;
      report.slots += count;
      return count;
    },
    () => left === 0,
  );
  report.lastPosition = output.durablePosition;
}

/** Moves `durable` over slots that are still to be written. */
function writeBroken(output: OutputRing, memory: SharedArrayBuffer): void {
  const durable = new Int32Array(memory);
  const words = new Int32Array(EVENT_WORDS);
  for (let left = (task.lastPosition - output.claimPosition) | 0; left > 0; left--) {
    fillPattern(words, 0, 1, EVENT_WORDS, output.claimPosition + 1);
    while (!output.hasRoom(1)) {
      pause(1);
    }
    Atomics.store(durable, OUTPUT_RING_DURABLE, (output.claimPosition + 1) | 0);
    ringPeers();
    pause(1);
    output.write(words, 0, 1);
    output.publishMatched(output.claimPosition);
    output.publishDurable(output.claimPosition);
    report.slots++;
  }
  report.lastPosition = output.durablePosition;
}

/** Sleeps in the middle of every `sleepEvery`th copy until the writer has written over all of it, or is at its end. */
class SleepyReader extends OutputReader {
  #copies = 0;
  #words = new Int32Array(ring);

  protected override copySlots(target: Int32Array, at: number, position: number, count: number): void {
    const before = Math.floor(count / 2);
    if (before > 0) {
      super.copySlots(target, at, position, before);
    }
    this.#copies++;
    if (task.sleepEvery > 0 && this.#copies % task.sleepEvery === 0) {
      this.#sleepUntilClaimed(position + count + this.slots);
    }
    super.copySlots(target, at + before * EVENT_WORDS, position + before, count - before);
  }

  #sleepUntilClaimed(position: number): void {
    for (let turn = 0; turn < 5000; turn++) {
      const claim = Atomics.load(this.#words, OUTPUT_RING_CLAIM);
      if (((claim - position) | 0) >= 0 || claim === (task.lastPosition | 0)) {
        return;
      }
      pause(1);
    }
  }
}

/** Uses what it copied without asking whether it may. */
class BelievingReader extends SleepyReader {
  protected override verdict(_cursor: number, count: number): number {
    return count;
  }
}

function read(reader: OutputReader): void {
  const words = new Int32Array(reader.slots * EVENT_WORDS);
  const upTo = task.matched ? UP_TO_MATCHED : UP_TO_DURABLE;
  const joined = reader.join();
  if (joined < 0) {
    throw new Error(`The first join of reader ${reader.reader} was answered ${joined}.`);
  }
  parentPort?.postMessage('joined');
  work(
    () => {
      const position = reader.position + 1;
      const count = reader.read(words, 0, reader.slots, upTo);
      if (count === READER_DROPPED || count === READER_LAPPED) {
        report.negative++;
        return reader.join() < 0 ? 0 : 1;
      }
      if (count > 0) {
        if (firstWrongSlot(words, 0, count, EVENT_WORDS, position) >= 0) {
          report.wrong++;
        }
        report.slots += count;
        ringPeers();
      }
      return count;
    },
    () => ((task.lastPosition - reader.position) | 0) <= 0,
  );
  report.lastPosition = reader.position;
  reader.leave();
  ringPeers();
}

switch (task.role) {
  case 'producer':
    produce(new CommandRing(ring));
    break;
  case 'brokenProducer':
    produce(new PublishesBeforeItFills(ring));
    break;
  case 'consumer':
    consume(new CommandRing(ring));
    break;
  case 'writer':
    write(new OutputRing(ring));
    break;
  case 'brokenWriter':
    writeBroken(new OutputRing(ring), ring);
    break;
  case 'nextWriter': {
    const output = new OutputRing(ring);
    output.start(output.durablePosition, 2);
    ringPeers();
    write(output);
    break;
  }
  case 'reader':
    read(task.sleepEvery > 0 ? new SleepyReader(ring, task.reader) : new OutputReader(ring, task.reader));
    break;
  case 'brokenReader':
    read(new BelievingReader(ring, task.reader));
    break;
}
parentPort?.postMessage(report);
