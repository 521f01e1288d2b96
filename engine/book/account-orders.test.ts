/** Lists of orders by account and instrument against sets in maps, with so few buckets that chains are long. */
import t from 'tap';
import { Dice } from '../../proof/dice.js';
import { ACCOUNT_SHIFT } from '../registry-words.js';
import { AccountOrders } from './account-orders.js';
import {
  FLAG_LISTED,
  FREE,
  ORDER_ACCOUNT,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_LEVEL,
  ORDER_SHIFT,
} from './order-words.js';

const MAX_ORDERS = 40;
const ACCOUNTS = 7;
const INSTRUMENTS = 9;

/** By account, by instrument, both in the order in which they came. */
type Expected = Map<number, Map<number, Set<number>>>;

function compare(lists: AccountOrders, expected: Expected): string {
  for (let account = 1; account <= ACCOUNTS; account++) {
    const [everywhere] = expected.get(account)?.values().next().value ?? [-1];
    const instruments = [...(expected.get(account)?.keys() ?? [])];
    if (lists.firstOfAll(account) !== everywhere) return `the first of account ${account}`;
    const rows: number[] = [];
    for (let row = lists.firstRow(account); row >= 0; row = lists.nextRow(row)) rows.push(lists.instrumentOf(row));
    if (rows.join() !== instruments.join()) return `account ${account} is in ${instruments}, rows are of ${rows}`;
    for (let instrument = 1; instrument <= INSTRUMENTS; instrument++) {
      const [first] = expected.get(account)?.get(instrument) ?? [-1];
      if (lists.first(account, instrument) !== first) return `the first of account ${account} in ${instrument}`;
    }
  }
  return '';
}

t.test('orders come and go by account and instrument, oldest first', async (t) => {
  const orders = new Int32Array(MAX_ORDERS << ORDER_SHIFT);
  for (let slot = 0; slot < MAX_ORDERS; slot++) orders[(slot << ORDER_SHIFT) + ORDER_LEVEL] = FREE;
  const accounts = new Int32Array((ACCOUNTS + 1) << ACCOUNT_SHIFT);
  for (const seed of [1, 2, 3]) {
    const lists = new AccountOrders(orders, accounts, MAX_ORDERS, seed);
    const dice = new Dice(seed);
    const expected: Expected = new Map();
    const live: number[] = [];
    const free = Array.from({ length: MAX_ORDERS }, (_, slot) => slot);
    let difference = '';
    for (let step = 0; step < 4000 && difference === ''; step++) {
      // In waves: everything is taken away, and all slots are used.
      const growing = step % 500 < 250;
      const slot = dice.chance(growing ? 0.7 : 0.2) ? free.pop() : undefined;
      if (slot !== undefined) {
        const account = dice.between(1, ACCOUNTS);
        const instrument = dice.between(1, INSTRUMENTS);
        const at = slot << ORDER_SHIFT;
        orders[at + ORDER_ACCOUNT] = account;
        orders[at + ORDER_INSTRUMENT] = instrument;
        orders[at + ORDER_LEVEL] = 0;
        orders[at + ORDER_FLAGS] = FLAG_LISTED;
        lists.add(slot);
        live.push(slot);
        const there = expected.get(account) ?? new Map<number, Set<number>>();
        expected.set(account, there.set(instrument, (there.get(instrument) ?? new Set<number>()).add(slot)));
      } else if (live.length > 0) {
        const [gone = -1] = live.splice(dice.below(live.length), 1);
        const at = gone << ORDER_SHIFT;
        const there = expected.get(orders[at + ORDER_ACCOUNT] as number);
        const set = there?.get(orders[at + ORDER_INSTRUMENT] as number);
        set?.delete(gone);
        if (set?.size === 0) there?.delete(orders[at + ORDER_INSTRUMENT] as number);
        lists.remove(gone);
        orders[at + ORDER_LEVEL] = FREE;
        free.push(gone);
      }
      difference = compare(lists, expected);
      lists.validate(ACCOUNTS, live.length);
    }
    t.equal(difference, '', `seed ${seed}`);
    for (const slot of live.splice(0)) {
      lists.remove(slot);
      orders[(slot << ORDER_SHIFT) + ORDER_LEVEL] = FREE;
    }
    lists.validate(ACCOUNTS, 0);
    t.ok(
      accounts.every((word) => word === 0),
      'nothing is left behind',
    );
  }
});

t.test('an order that is in no list cannot be taken out of one', async (t) => {
  const orders = new Int32Array(MAX_ORDERS << ORDER_SHIFT).fill(-1);
  const lists = new AccountOrders(orders, new Int32Array((ACCOUNTS + 1) << ACCOUNT_SHIFT), MAX_ORDERS, 1);
  t.throws(() => lists.remove(3), /not in the list of its account/);
});
