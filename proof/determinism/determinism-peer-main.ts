/** The other thread of the determinism test: plays the same commands and says what it made of them. */
import { parentPort, workerData } from 'node:worker_threads';
import { playScript } from './determinism-script.js';

parentPort?.postMessage(playScript(workerData as { seed: number; limits: Record<string, number> }));
