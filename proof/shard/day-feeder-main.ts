/**
 * A process with one shard in its Piscina pool, as the platform starts it, and no socket: the main thread plays the
 * gateway and feeds it a recorded day through a command ring. It may be killed at any moment; started again it counts
 * what the journal holds and goes on behind that. Says in lines of JSON what happens.
 *
 *   node day-feeder-main.js JOURNAL_DIRECTORY RECORDING_FOLDER
 */

import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { AdminLog } from '../../engine/admin-log.js';
import { RealDisk } from '../../engine/journal/disk.js';
import { JournalReader } from '../../engine/journal/reader.js';
import { TransitBoard } from '../../engine/ledger/transit-board.js';
import { ShardMetrics } from '../../engine/metrics/shard-metrics.js';
import { CommandRing } from '../../engine/ring/command-ring.js';
import { Doorbell } from '../../engine/ring/doorbell.js';
import { OutputReader, UP_TO_DURABLE } from '../../engine/ring/output-reader.js';
import { OutputRing } from '../../engine/ring/output-ring.js';
import { ShardStatus } from '../../engine/shard/status-words.js';
import type { ShardMessage, ShardRecovered, ShardTask } from '../../engine/shard/worker-data.js';
import { CommandKind, EventKind } from '../../schemas/codes.js';
import {
  COMMAND_KIND_WORD,
  COMMAND_WORDS,
  EVENT_COMMAND_SEQUENCE,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_KIND_WORD,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { DAY_LIMITS, type DayCommands, type FeederLine, readDayCommands } from './day-shard.js';

/** Records sent and not yet durable, at most. */
const WINDOW = 512;
const BATCH = 64;

function say(line: FeederLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Follows the journal of the shard that is running: what it took from the ring, and whether an uncross goes on. */
class JournalCount {
  readonly #reader: JournalReader;
  /** Records that came from the ring: all but the shard's own Continues. */
  fed = 0;
  /** Whether the last journaled event ended its command; if not, a Continue is due. */
  ended = true;

  constructor(directory: string) {
    this.#reader = new JournalReader(new RealDisk(), directory, { shard: 0, shardCount: 1 });
    this.#reader.seekStart();
  }

  read(): void {
    for (let record = this.#reader.next(Infinity); record !== null; record = this.#reader.next(Infinity)) {
      for (let at = 0; at < record.commands.length; at += COMMAND_WORDS) {
        this.fed += ((record.commands[at + COMMAND_KIND_WORD] ?? 0) & 0xff) === CommandKind.Continue ? 0 : 1;
      }
      if (record.eventCount > 0) {
        const last = (record.eventCount - 1) * EVENT_WORDS + EVENT_KIND_WORD;
        this.ended = ((record.events[last] ?? 0) & EVENT_END_OF_COMMAND_BIT) !== 0;
      }
    }
  }
}

class Feeder {
  readonly #ring: CommandRing;
  readonly #ringMemory = CommandRing.create(DAY_LIMITS.commandRingSlots);
  readonly #supervisorMemory = CommandRing.create(DAY_LIMITS.commandRingSlots);
  readonly #outputMemory = OutputRing.create(DAY_LIMITS.outputRingSlots, 1);
  readonly #shardBellMemory = Doorbell.create();
  readonly #bellMemory = Doorbell.create();
  readonly #statusMemory = ShardStatus.create();
  readonly #bell = new Doorbell(this.#bellMemory);
  readonly #shardBell = new Doorbell(this.#shardBellMemory);
  readonly #reader: OutputReader;
  readonly #events = new Int32Array(DAY_LIMITS.outputRingSlots * EVENT_WORDS);
  readonly #commands: DayCommands;
  /** Command sequence of an uncross whose end was not seen; -1: none, 0: sent and not begun. */
  #uncross = -1;

  constructor(commands: DayCommands) {
    this.#commands = commands;
    this.#ring = new CommandRing(this.#ringMemory);
    this.#reader = new OutputReader(this.#outputMemory, 0);
  }

  task(directory: string): Omit<ShardTask, 'port'> {
    return {
      shard: 0,
      shardCount: 1,
      limits: DAY_LIMITS,
      directory,
      platformStartId: Date.now(),
      comesBack: false,
      rings: [this.#supervisorMemory, this.#ringMemory],
      spans: [null, null],
      output: this.#outputMemory,
      doorbell: this.#shardBellMemory,
      readerDoorbells: [this.#bellMemory],
      adminLog: AdminLog.create(DAY_LIMITS),
      transit: TransitBoard.create(),
      status: this.#statusMemory,
      metrics: ShardMetrics.create(),
      spinRounds: 0,
    };
  }

  join(): void {
    this.#reader.join();
  }

  /** Feeds everything from record `from` on and returns when all of it is durable. */
  async feed(from: number): Promise<void> {
    let sent = from;
    let told = from;
    while (sent < this.#commands.length || this.#inFlight() > 0 || this.#uncross >= 0) {
      this.#readEvents();
      let work = 0;
      while (this.#uncross < 0 && sent < this.#commands.length && this.#inFlight() + BATCH <= WINDOW) {
        const end = this.#commands.batchEnd(sent, BATCH);
        if (this.#ring.publish(this.#commands.words, sent * COMMAND_WORDS, end - sent) < 0) {
          break;
        }
        if (this.#commands.kindAt(end - 1) === CommandKind.Uncross) {
          this.#uncross = 0;
        }
        work += end - sent;
        sent = end;
      }
      if (work > 0) {
        this.#shardBell.ring();
      }
      if (sent - told >= 500) {
        told = sent;
        say({ type: 'progress', durable: sent - this.#inFlight(), inFlight: this.#inFlight() });
      }
      if (work === 0) {
        this.#bell.prepareSleep();
        await this.#bell.sleepAsync(5);
      }
    }
  }

  async stop(ended: Promise<unknown>): Promise<void> {
    new ShardStatus(this.#statusMemory).requestStop();
    this.#shardBell.ring();
    await ended;
  }

  #inFlight(): number {
    return this.#ring.slots - this.#ring.free();
  }

  /** Looks for the end of an uncross: nothing may be sent behind it before. */
  #readEvents(): void {
    const count = this.#reader.read(this.#events, 0, DAY_LIMITS.outputRingSlots, UP_TO_DURABLE);
    if (count < 0) {
      throw new Error(`The feeder does not keep up with the output ring: ${count}`);
    }
    for (let at = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) {
      const kindWord = this.#events[at + EVENT_KIND_WORD] ?? 0;
      const sequence = this.#events[at + EVENT_COMMAND_SEQUENCE] ?? 0;
      if (this.#uncross === 0 && (kindWord & 0xff) === EventKind.Uncrossed) {
        this.#uncross = sequence;
      }
      if (this.#uncross === sequence && (kindWord & EVENT_END_OF_COMMAND_BIT) !== 0) {
        this.#uncross = -1;
      }
    }
  }
}

async function main(): Promise<void> {
  const [directory, folder] = process.argv.slice(2);
  if (directory === undefined || folder === undefined) {
    throw new Error('Say the journal directory and the folder of the recording.');
  }
  const commands = await readDayCommands(folder);
  const feeder = new Feeder(commands);
  const pool = new Piscina({
    filename: new URL('../../engine/shard/worker.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    atomics: 'disabled',
  });
  const { port1, port2 } = new MessageChannel();
  const ended = pool.run({ ...feeder.task(directory), port: port2 }, { transferList: [port2] });
  const recovered = await new Promise<ShardRecovered>((resolve, reject) => {
    port1.on('message', (message: ShardMessage) => {
      if (message.type === 'recovered') {
        resolve(message);
      } else if (message.type === 'fatal') {
        reject(new Error(`${message.code}: ${message.message}`));
      }
    });
    ended.catch(reject);
  });
  feeder.join();
  const journal = new JournalCount(directory);
  for (journal.read(); !journal.ended; journal.read()) {
    // Killed in the middle of an uncross: the shard goes on by itself, nothing may be sent before it has ended.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { epoch, tornTails } = recovered;
  say({ type: 'recovered', epoch, fed: journal.fed, total: commands.length, tornTails });
  await feeder.feed(journal.fed);
  await feeder.stop(ended);
  port1.close();
  say({ type: 'done', epoch });
  await pool.destroy();
}

await main();
