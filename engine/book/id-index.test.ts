/** The index of client order ids: chains stay short whatever ids a client chooses, as long as it does not know the seed. */
import t from 'tap';
import { IdIndex } from './id-index.js';
import { ORDER_ACCOUNT, ORDER_CLIENT_HIGH, ORDER_CLIENT_LOW, ORDER_SHIFT } from './order-words.js';

const ORDERS = 1 << 20;
const SEEDS = [0, 1, 0x7472_6564, -1, 0x1234_5678];

type Id = readonly [low: number, high: number];

/** An index that holds orders of account 1 under these ids, one in each slot from 0 up. */
function indexOf(ids: readonly Id[], seed: number): IdIndex {
  const orders = new Int32Array(ids.length << ORDER_SHIFT);
  const index = new IdIndex(orders, ORDERS, seed);
  for (const [slot, [low, high]] of ids.entries()) {
    const at = slot << ORDER_SHIFT;
    orders[at + ORDER_ACCOUNT] = 1;
    orders[at + ORDER_CLIENT_LOW] = low;
    orders[at + ORDER_CLIENT_HIGH] = high;
    index.add(slot);
  }
  return index;
}

function idsOf(count: number, idOf: (n: number) => Id): Id[] {
  return Array.from({ length: count }, (_, n) => idOf(n));
}

/** Rising counters of one client, each family made so that a hash without a seed could put all into one chain. */
const FLOODS: readonly (readonly [name: string, ids: readonly Id[]])[] = [
  ['upper bits against lower bits', idsOf(4000, (n) => [(n << 20) | ((0xfffff - n) & 0xfffff), 1 << 16])],
  ['the same lowest bits', idsOf(4000, (n) => [(n + 1) << 20, 1 << 16])],
  ['the same lowest 10 bits', idsOf(200_000, (n) => [(n + 1) << 10, 1 << 16])],
  ['the upper 16 bits of the counter', idsOf(60_000, (n) => [1, (1 << 16) | n])],
  ['steps of 2^31', idsOf(60_000, (n) => [(n & 1) << 31, (1 << 16) | (n >> 1) | 1])],
  ['many lanes', idsOf(60_000, (n) => [(n >> 8) << 16, ((n & 255) << 16) | 1])],
];

t.test('no client that does not know the seed fills one chain', async (t) => {
  for (const [name, ids] of FLOODS) {
    for (const seed of SEEDS) {
      const longest = indexOf([...new Map(ids.map((id) => [id.join(), id])).values()], seed).longestChain();
      t.ok(longest <= 16, `${name}, seed ${seed}: ${longest} in a chain`);
    }
  }
});

t.test('counters that rise by one have a chain each', async (t) => {
  for (const seed of SEEDS) {
    const longest = indexOf(
      idsOf(1000, (n) => [n + 1, 1 << 16]),
      seed,
    ).longestChain();
    t.ok(longest <= 2, `seed ${seed}: ${longest} in a chain`);
  }
});

t.test('every order is found and removed, whatever the seed', async (t) => {
  const ids = idsOf(3000, (n) => [n + 1, (1 << 16) | (n & 3)]);
  for (const seed of SEEDS) {
    const index = indexOf(ids, seed);
    t.equal(index.validate(ids.length), ids.length);
    t.equal(ids.filter(([low, high], slot) => index.find(1, low, high) === slot).length, ids.length);
    for (let slot = 0; slot < ids.length; slot += 2) index.remove(slot);
    t.equal(index.validate(ids.length), ids.length / 2);
    t.equal(index.find(1, ids[0]?.[0] ?? 0, ids[0]?.[1] ?? 0), -1);
    t.equal(index.find(2, ids[1]?.[0] ?? 0, ids[1]?.[1] ?? 0), -1, 'another account has its own ids');
  }
});
