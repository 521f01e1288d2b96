/**
 * The other side of the determinism test: plays the same commands and says what it made of them. A thread is given its task
 * as worker data, a process (of this or of another Node) as its argument.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type PeerTask, playTask } from './determinism-script.js';

if (parentPort !== null) parentPort.postMessage(playTask(workerData as PeerTask));
else process.stdout.write(`${JSON.stringify(playTask(JSON.parse(process.argv[2] ?? '{}') as PeerTask))}\n`);
