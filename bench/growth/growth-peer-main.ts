/**
 * One measurement of what grows in a process of its own, so that each begins cold and weighs itself alone. Prints one line
 * of JSON. Arguments: large, rounds, crowd, level, long or add-up; then what it is of and its sizes.
 */

import { warmUpShard } from '../../engine/shard/warm-up.js';
import { engineFlow } from '../engine/engine-flows.js';
import { runAddUp } from './add-up.js';
import { CROWD_KINDS, runCrowd, runLevel } from './crowds.js';
import { LARGE_KINDS, runLarge, runLargeInRounds } from './large-commands.js';
import { runLong } from './long-run.js';

async function main(): Promise<unknown> {
  const [what, name = '', first, second] = process.argv.slice(2);
  const size = Number(first);
  if (what === 'long') return runLong(await engineFlow('normal', name, size), Number(second));
  // As a shard does before it serves.
  if (what !== 'crowd') warmUpShard();
  if (what === 'level') return runLevel(size);
  if (what === 'add-up') return runAddUp(size, Number(second));
  const crowd = CROWD_KINDS.find((kind) => kind === name);
  if (what === 'crowd' && crowd !== undefined) return runCrowd(crowd, size);
  const large = LARGE_KINDS.find((kind) => kind === name);
  if (large === undefined) throw new Error(`There is nothing to measure of ${what} ${name}.`);
  return what === 'rounds' ? runLargeInRounds(large, size) : runLarge(large, size);
}

process.stdout.write(`${JSON.stringify(await main())}\n`);
