/**
 * `node build/proof/frames-fuzz-main.js [INPUTS]`: fuzzes the readers of frames, a million inputs when nothing is said.
 * SEED repeats a run. A process of its own; ends with a RESULT line, or with the input that failed and exit code 1.
 */

import { randomInt } from 'node:crypto';
import { fuzzFrames, newCounts } from '../schemas/frames.fuzz.js';
import { printResult } from './result.js';

const CHUNK = 20_000;

const total = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.env.SEED || randomInt(2 ** 31));
if (!Number.isSafeInteger(total) || total < 1 || !Number.isSafeInteger(seed)) {
  console.error('FUZZ_INPUTS and SEED must be whole numbers, FUZZ_INPUTS at least 1.');
  process.exit(1);
}

console.log(`seed ${seed}, ${total} inputs`);
const counts = newCounts();
const startedMs = performance.now();
for (let done = 0; done < total; done += CHUNK) {
  fuzzFrames((seed + done / CHUNK) | 0, Math.min(CHUNK, total - done), counts);
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`${counts.inputs} of ${total}, ${Math.round(counts.inputs / seconds)} inputs/s`);
}
console.log(`taken ${JSON.stringify(counts.accepted)}, refused ${counts.refused}, most accesses ${counts.accessesMax}`);
printResult('fuzz.frames', counts.inputs, 'inputs');
