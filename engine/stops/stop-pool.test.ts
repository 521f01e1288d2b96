import t from 'tap';
import { groupOf, StopPool } from './stop-pool.js';
import { GROUP_TRAILS, NEVER, STOP_LEFT, STOP_RIGHT, STOP_SHIFT, STOP_SLOT } from './stop-words.js';

const STOPS = 100_000;
const BUYS = 2;
const SELLS = 3;
const LAST_TRADE = 1;
const BUY_GROUP = groupOf(BUYS, LAST_TRADE);

/** Levels of a tree below a node. */
function depth(pool: StopPool, node: number): number {
  if (node < 0) return 0;
  const at = node << STOP_SHIFT;
  const left = depth(pool, pool.words[at + STOP_LEFT] ?? -1);
  return 1 + Math.max(left, depth(pool, pool.words[at + STOP_RIGHT] ?? -1));
}

t.test('a tree of many stops that come in order is flat, and so is what is left of it', async (t) => {
  const pool = new StopPool(STOPS, 1, 12345);
  for (let slot = 0; slot < STOPS; slot++) pool.add(slot, BUYS, LAST_TRADE, 1 + (slot % 1000));
  // The logarithm is 17; a treap of random priorities is about twice as deep.
  t.ok(depth(pool, pool.root(BUY_GROUP)) < 60, `${depth(pool, pool.root(BUY_GROUP))} levels`);
  t.equal(pool.waiting, pool.capacity);
  for (let node = 0; node < STOPS; node += 2) pool.remove(node);
  t.ok(depth(pool, pool.root(BUY_GROUP)) < 60);
  t.equal(pool.waiting, STOPS / 2);
});

t.test('the lowest trigger of the buys and the highest of the sells come first, equal ones by entry', async (t) => {
  const pool = new StopPool(8, 1, 1);
  const buys = [105, 103, 103, 104].map((price, slot) => pool.add(slot, BUYS, LAST_TRADE, price));
  t.equal(pool.findTriggered(BUY_GROUP, -102), -1, 'no price at the lowest trigger');
  t.equal(pool.findTriggered(BUY_GROUP, -110), buys[1]);
  pool.moveBack(buys[1] ?? 0);
  t.equal(pool.findTriggered(BUY_GROUP, -110), buys[2], 'the other one is the earlier now');
  pool.enqueue(buys[2] ?? 0);
  pool.enqueue(buys[0] ?? 0);
  t.equal(pool.firstInQueue(1), buys[2]);
  pool.remove(buys[2] ?? 0);
  t.equal(pool.words[(pool.firstInQueue(1) << STOP_SHIFT) + STOP_SLOT], 0);
  const sells = [95, 97].map((price, slot) => pool.add(slot, SELLS, LAST_TRADE, price));
  t.equal(pool.findTriggered(groupOf(SELLS, LAST_TRADE), 90), sells[1]);
  pool.remove(buys[3] ?? 0);
  t.throws(() => pool.remove(buys[3] ?? 0), /assert/);
});

t.test('a price that all have seen moves many stops that trail by a few nodes, as if each had been told', async (t) => {
  const pool = new StopPool(STOPS, 1, 12345);
  const group = groupOf(SELLS, LAST_TRADE) | GROUP_TRAILS;
  const extremes = new Float64Array(STOPS).fill(NEVER);
  const distance = (node: number) => 1 + ((node * 7919) % 500);
  let price = 1000;
  for (let node = 0; node < STOPS; node++) {
    pool.addTrailing(node, SELLS, LAST_TRADE, distance(node));
    price += ((node * 31) % 17) - 8;
    pool.raise(group, price);
    for (let one = node; one >= 0 && (extremes[one] ?? 0) < price; one--) extremes[one] = price;
  }
  let wrong = 0;
  for (let node = 0; node < STOPS; node++) wrong += pool.extremeOf(node) === extremes[node] ? 0 : 1;
  t.equal(wrong, 0);
  for (let count = 0; count < 1000; count++) {
    const first = pool.findTriggered(group, price - 30);
    if (first < 0) break;
    t.equal(pool.keyOf(first), (extremes[first] ?? 0) - distance(first));
    pool.remove(first);
  }
});
