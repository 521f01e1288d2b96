/** The ringing thread of doorbell.test.ts: rings, in turns, back to whoever rang it, or once after a while. */
import { workerData } from 'node:worker_threads';
import { Doorbell } from './doorbell.js';

const task = workerData as { own: SharedArrayBuffer; peer: SharedArrayBuffer; turns: SharedArrayBuffer; count: number };
const own = new Doorbell(task.own);
const peer = new Doorbell(task.peer);
const turns = new Int32Array(task.turns);

// Word 0 counts what the test did, word 1 what this thread did: each answers the other's turn.
for (let turn = 1; turn <= task.count; turn++) {
  while (Atomics.load(turns, 0) < turn) {
    own.prepareSleep();
    if (Atomics.load(turns, 0) < turn) {
      own.sleep(1000);
    } else {
      own.cancelSleep();
    }
  }
  Atomics.store(turns, 1, turn);
  peer.ring();
}
