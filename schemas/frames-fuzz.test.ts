/** 50,000 inputs of frames.fuzz.ts at each run of the tests; `make fuzz` looks at a million, under another seed. */

import t from 'tap';
import { encodeControl } from './control.js';
import { sampleCommandFrame, sampleFrames } from './frame-samples.js';
import { examine, fuzzFrames, newCounts } from './frames.fuzz.js';

const INPUTS = 50_000;
const SEED = Number(process.env.SEED ?? 20261);

t.test('no frame makes a reader throw, loop or read outside', async (t) => {
  const counts = newCounts();
  fuzzFrames(SEED, INPUTS, counts);
  t.comment(`seed ${SEED}: ${JSON.stringify(counts)}`);
  t.equal(counts.inputs, INPUTS);
  for (const kind of ['command', 'report', 'public', 'control', 'terms']) {
    t.ok((counts.accepted[kind] ?? 0) > INPUTS / 200, `${kind} frames are among those that were taken and read`);
  }
  t.ok(counts.refused > INPUTS / 10);
});

t.test('every byte of every real frame, flipped in each bit, is taken or refused', async (t) => {
  const counts = newCounts();
  for (const [name, frame] of sampleFrames()) {
    // The records are all alike: what is special lies before them and in the first ones.
    const length = Math.min(frame.length, 400);
    for (let at = 0; at < length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        frame[at] = (frame[at] ?? 0) ^ (1 << bit);
        examine(frame, counts);
        frame[at] = (frame[at] ?? 0) ^ (1 << bit);
      }
    }
    t.pass(name);
  }
  t.ok(counts.refused > 1_000);
});

t.test('the examination itself sees what it is for', async (t) => {
  const counts = newCounts();
  examine(sampleCommandFrame(), counts);
  examine(encodeControl({ type: 'Status', code: 1, text: 'x' }), counts);
  examine(new Uint8Array(3), counts);
  t.same(counts.accepted, { command: 1, control: 1 });
  t.equal(counts.refused, 1);
});
