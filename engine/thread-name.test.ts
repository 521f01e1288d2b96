/** The name that a thread gives itself is what the system shows for it, and for no other. */

import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import t from 'tap';

function names(): string[] {
  return readdirSync('/proc/self/task').map((thread) => readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim());
}

t.test('a thread is seen by the name that it gave itself, as far as the system keeps it', async (t) => {
  const before = names();
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData).then(({ nameThread }) => {
      nameThread('gateway-12345678');
      parentPort.postMessage('named');
      parentPort.on('message', () => parentPort.close());
    });`;
  const worker = new Worker(source, { eval: true, workerData: new URL('./thread-name.js', import.meta.url).href });
  await new Promise((resolve) => worker.once('message', resolve));
  const others = names();
  t.equal(others.filter((name) => name === 'gateway-1234567').length, 1);
  t.ok(others.includes(before[0] ?? ''), 'the main thread keeps its name');
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  worker.postMessage('end');
  await exited;
});
