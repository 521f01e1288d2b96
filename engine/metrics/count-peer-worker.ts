/**
 * Entry of a thread that a test starts: counts as fast as it can by a step that makes the low word go around every fourth
 * time, so that a reader meets it in the middle of that. Nobody imports it.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { MetricWords } from './metric-words.js';

const { memory, word, step, times } = workerData as {
  readonly memory: SharedArrayBuffer;
  readonly word: number;
  readonly step: number;
  readonly times: number;
};
const words = new MetricWords(memory);
for (let time = 0; time < times; time++) words.count(word, step);
parentPort?.postMessage('counted');
