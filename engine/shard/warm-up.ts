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
const SPANS = 256;

/**
 * What V8 may inline into one function, in bytes of bytecode; its own bounds are 920 and 460. A command's way through the
 * engine is a dozen functions, and without their calls it takes an eighth less time (docs/decisions/0008). Read whenever
 * V8 compiles, in all threads of the process.
 */
const INLINING = ['--max-inlined-bytecode-size-cumulative=4000', '--max-inlined-bytecode-size=1500'];

/**
 * The shards that have warmed this thread up. V8 throws compiled code away when the last object of a class that it was
 * made for is collected, so one of each stays.
 */
const kept: ScratchShard[] = [];

/** Plays `commands` of them; the number of events that came out. */
export function warmUpShard(commands = COMMANDS): number {
  for (const flag of INLINING) {
    setFlagsFromString(flag);
  }
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
  reader.join();
  const script = new ScratchScript();
  play(script.sessionOpen(), 1);
  play(script.openMarket(), 1);
  for (let made = 0; made < commands; made += SCRATCH_BATCH) {
    play(script.batch(), SCRATCH_BATCH);
  }
  shard.close();
  return durable;
}
