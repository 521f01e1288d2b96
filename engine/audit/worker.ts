/**
 * The auditor's thread. Nobody imports this file; what it runs is run-auditor.ts. It gives way to shards and gateways: they
 * have clients that wait.
 */

import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { RealDisk } from '../journal/disk.js';
import { nameThread } from '../thread-name.js';
import { type AuditMessage, type AuditorData, runAuditor } from './run-auditor.js';

/** Ten steps of nice: about a tenth of the time of a thread that wants the same processor. */
const NICE = 10;
const NAP = new Int32Array(new SharedArrayBuffer(4));

const port = parentPort;
if (isMainThread || port === null)
  throw new Error('engine/audit/worker.js runs as a worker thread of the platform only.');
nameThread('auditor');
setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICE);
runAuditor(
  workerData as AuditorData,
  new RealDisk(),
  (message: AuditMessage) => port.postMessage(message),
  (ms) => {
    Atomics.wait(NAP, 0, 0, ms);
    return true;
  },
);
