import t from 'tap';
import { GatewayWatch } from './gateway-watch.js';

const MOST_LOOKS = 5;

t.test('a gateway whose word stands still for too long is named, one that moves now and then is not', async (t) => {
  const progress = [new SharedArrayBuffer(4), new SharedArrayBuffer(4)];
  const words = progress.map((memory) => new Int32Array(memory));
  const watch = new GatewayWatch(progress, MOST_LOOKS);
  const look = (...moved: number[]): number => {
    for (const gateway of moved) Atomics.add(words[gateway] as Int32Array, 0, 1);
    return watch.stuck();
  };
  for (let looks = 0; looks < MOST_LOOKS; looks++) t.equal(look(0), -1);
  t.equal(look(0), 1);
  t.equal(look(1), -1, 'it turns again');
  for (let looks = 1; looks < MOST_LOOKS; looks++) t.equal(look(1), -1);
  t.equal(look(1), 0);
});
