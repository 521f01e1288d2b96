/** A thread that reads a journal ahead of the shard's thread that replays it. Nobody imports this file. */

import { workerData } from 'node:worker_threads';
import { nameThread } from '../thread-name.js';
import { RealDisk } from './disk.js';
import { type ReadAheadTask, readAhead } from './read-ahead.js';

const task = workerData as ReadAheadTask;
nameThread(`read-${task.identity.shard}`);
readAhead(task, new RealDisk());
