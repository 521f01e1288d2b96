/**
 * Whether a shard whose engine threw at a command gets another thread, and what must be done first. Called while the shard
 * has no thread: nobody else may touch its ends of the rings. Supervisor thread.
 *
 *   the first time at a place        another thread recovers what is durable and meets the same command
 *   the second time                  the command is put aside on disk, and marked in its slot: the engine refuses it
 *   again, or too often in a minute  the process ends by name, as for any other bug
 */

import { MetricWords } from '../engine/metrics/metric-words.js';
import { MAIN } from '../engine/metrics/words.js';
import { CommandRing } from '../engine/ring/command-ring.js';
import type { FailedCommand } from '../engine/shard/command-failure.js';
import type { ShardThrew } from '../engine/shard/worker-data.js';
import { CommandFlag } from '../schemas/codes.js';
import { COMMAND_FLAGS_WORD, COMMAND_KIND_WORD, COMMAND_WORDS } from '../schemas/layout.js';
import { isLeg } from '../schemas/legs.js';
import { putAside } from './aside.js';
import { EXIT_DATA_DIRECTORY, EXIT_WORKER_DIED, PlatformError } from './exit-codes.js';
import type { PlatformLog } from './log.js';
import { SUPERVISOR } from './venue-memory.js';
import { wantOfMemory } from './want-of-memory.js';

/** More threads than this in a minute help nobody: each recovers first, and orders wait. */
export const MOST_COMEBACKS = 6;
const MINUTE_MS = 60_000;
const PUT_ASIDE = CommandFlag.PutAside << 16;

export class Comebacks {
  private readonly dataPath: string;
  /** By producer and shard. */
  private readonly rings: readonly (readonly SharedArrayBuffer[])[];
  private readonly log: Pick<PlatformLog, 'error'>;
  private readonly words: MetricWords;
  private readonly nowMs: () => number;
  /** By shard: when it got another thread. */
  private readonly times = new Map<number, number[]>();
  /** Where one threw before. */
  private readonly places = new Set<string>();

  constructor(
    dataPath: string,
    rings: readonly (readonly SharedArrayBuffer[])[],
    log: Pick<PlatformLog, 'error'>,
    metrics: SharedArrayBuffer,
    nowMs: () => number = () => performance.now(),
  ) {
    this.dataPath = dataPath;
    this.rings = rings;
    this.log = log;
    this.words = new MetricWords(metrics);
    this.nowMs = nowMs;
  }

  /** Returns when the shard may have another thread; throws the PlatformError that ends the process. */
  prepare(threw: ShardThrew): void {
    const { shard, command, where } = threw;
    const noMemory = wantOfMemory(`shard ${shard}`, where);
    if (noMemory !== null) throw noMemory;
    const recent = (this.times.get(shard) ?? []).filter((atMs) => this.nowMs() - atMs < MINUTE_MS);
    if (recent.length >= MOST_COMEBACKS)
      throw bug(shard, `${MOST_COMEBACKS + 1} times in a minute; the last: ${where}`);
    // A Due is known by its number alone, as a Continue is: both are the shard's own.
    const place = `${shard}/${command.ring}/${command.ring > SUPERVISOR ? command.position : command.sequence}`;
    if (this.places.has(place)) this.putAside(threw);
    this.places.add(place);
    this.times.set(shard, [...recent, this.nowMs()]);
    this.words.count(MAIN.shardComebacks, 1);
    this.log.error(
      { code: 'SHARD_THREW', shard, sequence: command.sequence, ring: command.ring },
      `shard ${shard} found a bug of ours at command ${command.sequence} and gets another thread; report this: ${where}`,
    );
  }

  private putAside(threw: ShardThrew): void {
    const { shard, command, where } = threw;
    const isMarked = ((command.words[COMMAND_FLAGS_WORD] ?? 0) & PUT_ASIDE) !== 0;
    // What the platform itself sends, and the shard, has nobody who could be told.
    if (command.ring <= SUPERVISOR || isMarked) throw bug(shard, `again at command ${command.sequence}: ${where}`);
    let path: string;
    try {
      path = putAside(this.dataPath, threw);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PlatformError(
        'ASIDE_WRITE',
        EXIT_DATA_DIRECTORY,
        `Command ${command.sequence} of shard ${shard} cannot be put aside: ${why}; make room on the disk, or mend it or its rights, then start again.`,
        true,
      );
    }
    this.mark(shard, command);
    this.words.count(MAIN.commandsAside, 1);
    this.log.error(
      { code: 'COMMAND_ASIDE', shard, sequence: command.sequence, path },
      `command ${command.sequence} of shard ${shard} is put aside, because the engine threw at it twice, and will be refused: see ${path} and report this`,
    );
  }

  /** In its slots, which nobody reads now: the next thread takes it as it is there. */
  private mark(shard: number, { ring, position, words }: FailedCommand): void {
    const memory = this.rings[ring]?.[shard];
    if (memory === undefined) throw new Error(`Shard ${shard} has no ring ${ring}: a bug of its maker.`);
    const slots = new CommandRing(memory);
    const heads = isLeg(words[COMMAND_KIND_WORD] ?? 0, words[COMMAND_FLAGS_WORD] ?? 0)
      ? words.length / COMMAND_WORDS
      : 1;
    for (let head = 0; head < heads; head++) {
      const at = slots.slotWord(position + head) + COMMAND_FLAGS_WORD;
      slots.words[at] = (slots.words[at] ?? 0) | PUT_ASIDE;
    }
  }
}

function bug(shard: number, what: string): PlatformError {
  const sentence = `Shard ${shard} found a bug of ours; start again and report this: ${what}`;
  return new PlatformError('SHARD_BUG', EXIT_WORKER_DIED, sentence, true);
}
