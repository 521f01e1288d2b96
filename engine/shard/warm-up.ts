/**
 * Has the shard's code compiled before it serves: a scratch shard plays a few thousand made-up commands through the very
 * classes that serve. The shard's thread, before it says that it has recovered.
 */

import { setFlagsFromString } from 'node:v8';
import { EVENT_WORDS } from '../../schemas/layout.js';
import { CommandRing } from '../ring/command-ring.js';
import { OutputReader, UP_TO_DURABLE } from '../ring/output-reader.js';
import { SCRATCH_BATCH, ScratchScript, ScratchShard } from './scratch-shard.js';

/** More gains nothing that can be measured (docs/decisions/0007). */
const COMMANDS = 12_000;
/** Beside so many there is one in an auction, and four in cascades of stops: those are rare and do much. */
const RARE_SHARE = 4;
const CASCADES = 4;
/** The last of so many are usual again: what comes last decides how the code of the others is compiled. */
const LAST_SHARE = 4;
const SPANS = 256;
const NAP = new Int32Array(new SharedArrayBuffer(4));

/**
 * V8 compiles in threads of its own and is a few tenths of a second behind: what it has not finished runs slowly, and it
 * takes a core meanwhile. So small pieces follow, each behind a nap in which the process hardly computed, until that many
 * were played (what is compiled becomes current, and is compiled again where it met something new) or the naps are used up.
 */
const PIECES = 4;
const PIECE_SHARE = 8;
const NAP_MS = 10;
const IDLE_NAP_US = 3_000;
const MOST_NAPS = 25;

/**
 * What V8 may inline into one function, in bytes of bytecode; its own bounds are 920 and 460. A command's way through the
 * engine is a dozen functions, and without their calls it takes an eighth less time (docs/decisions/0008). The largest
 * ones, writing an event above all, are better called: each copy of them would take the place of ten others. Read whenever
 * V8 compiles, in all threads of the process. Not set for a recovery: with them a
 * replay of a million commands takes 1.19 times as long (docs/performance.md, "Recovery").
 */
const INLINING = ['--max-inlined-bytecode-size-cumulative=4600', '--max-inlined-bytecode-size=580'];

/**
 * The shards that have warmed this thread up. V8 throws compiled code away when the last object of a class that it was
 * made for is collected, so one of each stays.
 */
const kept: ScratchShard[] = [];

/** A replay of so many commands has compiled the engine by itself: rings and rounds are left, and no time is given away. */
const LONG_REPLAY = 100_000;
const BEHIND_LONG_REPLAY = 2_000;

/** What is left to warm up when a shard has recovered `replayed` commands. */
export function warmUpBehind(replayed: number): number {
  return replayed < LONG_REPLAY ? warmUpShard() : warmUpShard(BEHIND_LONG_REPLAY, 0);
}

/**
 * Plays `commands` of them, and half as many again in pieces behind naps, `mostNaps` at most; the number of events that
 * came out.
 */
export function warmUpShard(commands = COMMANDS, mostNaps = MOST_NAPS): number {
  for (const flag of INLINING) setFlagsFromString(flag);
  const shard = new ScratchShard(SPANS);
  kept[0] = shard;
  const ring = new CommandRing(shard.gatewayRing);
  const reader = new OutputReader(shard.output, 0);
  const room = shard.limits.outputRingSlots;
  const events = new Int32Array(room * EVENT_WORDS);
  let durable = 0;
  const play = (words: Int32Array, count: number): void => {
    ring.publish(words, 0, count);
    while (shard.doRound()) {
      durable += Math.max(0, reader.read(events, 0, room, UP_TO_DURABLE));
    }
  };
  const script = new ScratchScript();
  const playBatches = (count: number): void => {
    for (let made = 0; made < count; made += SCRATCH_BATCH) play(script.batch(), SCRATCH_BATCH);
  };
  reader.join();
  play(script.sessionOpen(), 1);
  play(script.openMarket(), 1);
  playBatches(commands);
  for (let made = 0; made < commands / RARE_SHARE; made += SCRATCH_BATCH) {
    play(script.auction(), SCRATCH_BATCH);
    for (let cascade = 0; cascade < CASCADES; cascade += 1) play(script.cascade(cascade & 1), SCRATCH_BATCH);
  }
  playBatches(commands / LAST_SHARE);
  for (let naps = 0, pieces = 0; naps < mostNaps && pieces < PIECES; naps += 1) {
    if (napIdly()) {
      playBatches(commands / PIECE_SHARE);
      pieces += 1;
    }
  }
  shard.close();
  return durable;
}

/** Sleeps; true when no other thread of the process computed for long meanwhile. */
function napIdly(): boolean {
  const before = process.cpuUsage();
  Atomics.wait(NAP, 0, 0, NAP_MS);
  const { user, system } = process.cpuUsage(before);
  return user + system < IDLE_NAP_US;
}
