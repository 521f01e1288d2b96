/** Ids are checked where they are made and taken apart without loss. */

import t from 'tap';
import * as ids from './ids.js';

t.test('an id of 64 bits goes through its words and back', async (t) => {
  for (const value of [1n, 0xffffffffn, 0x100000000n, 0x8000000080000000n, 0xffffffffffffffffn]) {
    const id = ids.orderId(value);
    t.equal(ids.orderIdOf(ids.lowWordOf(id), ids.highWordOf(id)), value);
    t.equal(ids.orderIdOf(ids.lowWordOf(id) | 0, ids.highWordOf(id) | 0), value, 'words read signed');
  }
  t.equal(ids.clientOrderIdOf(ids.lane(0xffff), 2 ** 48 - 1), 0xffffffffffffffffn);
  t.equal(ids.clientOrderIdOf(ids.lane(1), 2), 0x0001000000000002n);
});

t.test('what is no id is refused where it is made', async (t) => {
  for (const make of [
    () => ids.orderId(0n),
    () => ids.orderId(2n ** 64n),
    () => ids.clientOrderId(-1n),
    () => ids.accountId(0),
    () => ids.instrumentId(0),
    () => ids.keyId(1.5),
    () => ids.shardIndex(65536),
    () => ids.lane(-1),
    () => ids.incarnation(2 ** 32),
    () => ids.epoch(0),
    () => ids.sequence(2 ** 53),
    () => ids.clientOrderIdOf(ids.lane(1), 2 ** 48),
  ]) {
    t.throws(make, RangeError, String(make));
  }
  t.equal(ids.sequence(2 ** 53 - 1), 2 ** 53 - 1);
});
