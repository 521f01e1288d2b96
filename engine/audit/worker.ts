/**
 * The auditor's thread. Nobody imports this file; what it runs is run-auditor.ts. It gives way to shards and gateways: they
 * have clients that wait.
 */

import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { isMainThread, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { RealDisk } from '../journal/disk.js';
import { nameThread } from '../thread-name.js';
import { QuestionDesk } from './questions.js';
import { type AuditMessage, type AuditorOrder, runAuditor } from './run-auditor.js';

/** Ten steps of nice: about a tenth of the time of a thread that wants the same processor. */
const NICE = 10;
const NAP = new Int32Array(new SharedArrayBuffer(4));

const port = parentPort;
if (isMainThread || port === null)
  throw new Error('engine/audit/worker.js runs as a worker thread of the platform only.');
nameThread('auditor');
setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICE);
const tell = (message: AuditMessage): void => port.postMessage(message);
const nap = (ms: number): boolean => {
  Atomics.wait(NAP, 0, 0, ms);
  return true;
};
const desk = new QuestionDesk();
/** While it runs this thread hears nothing by itself. */
const askers = (): void => {
  for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
    hear(received.message);
  }
};
function hear(order: AuditorOrder): void {
  if (order.type === 'asker') desk.add(order.name, order.port);
  // Connections may have taken all descriptors: nobody waits for the auditor, so it waits for one.
  else runAuditor(order.data, new RealDisk(() => undefined, Number.POSITIVE_INFINITY), tell, nap, desk, askers);
}
port.on('message', hear);
tell({ type: 'loaded' });
