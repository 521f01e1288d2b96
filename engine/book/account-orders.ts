/**
 * Whose orders are where: for each account the instruments in which it has orders, and for each of those its orders
 * there, oldest first. A mass cancel finds what it takes in here and looks at nothing else.
 * The shard's thread. An account's row for an instrument is there as long as it has an order there.
 *
 *   account ─► row ⇄ row ⇄ row     in the order in which it came to have orders in those instruments
 *               └► order ⇄ order   through the order records, in the order in which they were added
 *
 *   row, 8 words:  0 account  1 instrument  2, 3 first and last order  4 next + 1 in the chain of the hash
 *                  5 previous  6 next       among the rows of the account; `next` links the free rows
 *
 * Rows are found by a hash with a secret seed, as client order ids are; no result depends on it.
 */

import * as registryWords from '../registry-words.js';
import { multiplier } from './id-index.js';
import * as orderWords from './order-words.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  FLAG_LISTED,
  FREE,
  ORDER_ACCOUNT,
  ORDER_ACCOUNT_NEXT,
  ORDER_ACCOUNT_PREVIOUS,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_LEVEL,
  ORDER_SHIFT,
  SLOT_MASK,
} = orderWords;
const { ACCOUNT_FIRST_ROW, ACCOUNT_LAST_ROW, ACCOUNT_MASK, ACCOUNT_SHIFT } = registryWords;

const ROW_SHIFT = 3;
const ROW_ACCOUNT = 0;
const ROW_INSTRUMENT = 1;
const ROW_FIRST = 2;
const ROW_LAST = 3;
const ROW_CHAIN_NEXT = 4;
const ROW_PREVIOUS = 5;
const ROW_NEXT = 6;

export class AccountOrders {
  /** Public for tests alone, as are the buckets: first row + 1 of each chain. */
  readonly rows: Int32Array;
  readonly buckets: Int32Array;
  private readonly orders: Int32Array;
  private readonly accounts: Int32Array;
  private readonly shift: number;
  private readonly ofAccount: number;
  private readonly ofInstrument: number;
  private readonly ofSum: number;
  /** Rows below this were used at least once. */
  private used = 0;
  private freeHead = -1;

  /** `orders`, `accounts`: words of the order pool and of the registry. `seed`: 32 bits that clients cannot know. */
  constructor(orders: Int32Array, accounts: Int32Array, maxOrders: number, seed: number) {
    let bits = 4;
    while (1 << bits < maxOrders) bits++;
    this.rows = new Int32Array(maxOrders << ROW_SHIFT);
    this.buckets = new Int32Array(1 << bits);
    this.shift = 32 - bits;
    this.orders = orders;
    this.accounts = accounts;
    this.ofAccount = multiplier(seed, 6);
    this.ofInstrument = multiplier(seed, 7);
    this.ofSum = multiplier(seed, 8);
  }

  private bucketOf(account: number, instrument: number): number {
    const sum = (Math.imul(account, this.ofAccount) + Math.imul(instrument, this.ofInstrument)) | 0;
    return Math.imul(sum ^ (sum >>> 15), this.ofSum) >>> this.shift;
  }

  /** The row, or -1. */
  private find(account: number, instrument: number): number {
    const rows = this.rows;
    // Most orders are in the instrument that their account came to last: its row needs no hash.
    const last = (this.accounts[((account & ACCOUNT_MASK) << ACCOUNT_SHIFT) + ACCOUNT_LAST_ROW] as number) - 1;
    if (last >= 0 && rows[((last & SLOT_MASK) << ROW_SHIFT) + ROW_INSTRUMENT] === instrument) return last;
    return this.findByHash(account, instrument);
  }

  private findByHash(account: number, instrument: number): number {
    const rows = this.rows;
    let row = (this.buckets[this.bucketOf(account, instrument)] as number) - 1;
    while (row >= 0) {
      const at = (row & SLOT_MASK) << ROW_SHIFT;
      if (rows[at + ROW_ACCOUNT] === account && rows[at + ROW_INSTRUMENT] === instrument) return row;
      row = (rows[at + ROW_CHAIN_NEXT] as number) - 1;
    }
    return -1;
  }

  /** The account's oldest order in the instrument, or -1. */
  first(account: number, instrument: number): number {
    const row = this.find(account, instrument);
    return row < 0 ? -1 : (this.rows[((row & SLOT_MASK) << ROW_SHIFT) + ROW_FIRST] as number);
  }

  /** Its oldest order in the instrument in which it has had orders without a break the longest, or -1. */
  firstOfAll(account: number): number {
    const row = this.firstRow(account);
    return row < 0 ? -1 : (this.rows[((row & SLOT_MASK) << ROW_SHIFT) + ROW_FIRST] as number);
  }

  /** The order behind this one, in its instrument or (`ofAll`) then in those behind it; -1: there is none. */
  next(slot: number, ofAll: boolean): number {
    const orders = this.orders;
    const at = (slot & SLOT_MASK) << ORDER_SHIFT;
    const next = orders[at + ORDER_ACCOUNT_NEXT] as number;
    if (next >= 0 || !ofAll) return next;
    const row = this.nextRow(this.find(orders[at + ORDER_ACCOUNT] as number, orders[at + ORDER_INSTRUMENT] as number));
    return row < 0 ? -1 : this.firstOrderOf(row);
  }

  /** For walks over all that is held: an account's first row, the row behind one, its instrument, its first order. */
  firstRow(account: number): number {
    return (this.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_FIRST_ROW] as number) - 1;
  }

  nextRow(row: number): number {
    return this.rows[((row & SLOT_MASK) << ROW_SHIFT) + ROW_NEXT] as number;
  }

  instrumentOf(row: number): number {
    return this.rows[((row & SLOT_MASK) << ROW_SHIFT) + ROW_INSTRUMENT] as number;
  }

  firstOrderOf(row: number): number {
    return this.rows[((row & SLOT_MASK) << ROW_SHIFT) + ROW_FIRST] as number;
  }

  /** Puts an order behind the others of its account and instrument. */
  add(slot: number): void {
    const orders = this.orders;
    const rows = this.rows;
    const at = (slot & SLOT_MASK) << ORDER_SHIFT;
    const account = orders[at + ORDER_ACCOUNT] as number;
    const instrument = orders[at + ORDER_INSTRUMENT] as number;
    orders[at + ORDER_ACCOUNT_NEXT] = -1;
    const row = this.find(account, instrument);
    if (row < 0) {
      orders[at + ORDER_ACCOUNT_PREVIOUS] = -1;
      this.addRow(account, instrument, slot);
      return;
    }
    const lastAt = ((row & SLOT_MASK) << ROW_SHIFT) + ROW_LAST;
    const last = rows[lastAt] as number;
    orders[at + ORDER_ACCOUNT_PREVIOUS] = last;
    orders[((last & SLOT_MASK) << ORDER_SHIFT) + ORDER_ACCOUNT_NEXT] = slot;
    rows[lastAt] = slot;
  }

  remove(slot: number): void {
    const orders = this.orders;
    const rows = this.rows;
    const at = (slot & SLOT_MASK) << ORDER_SHIFT;
    const previous = orders[at + ORDER_ACCOUNT_PREVIOUS] as number;
    const next = orders[at + ORDER_ACCOUNT_NEXT] as number;
    if (previous >= 0) orders[((previous & SLOT_MASK) << ORDER_SHIFT) + ORDER_ACCOUNT_NEXT] = next;
    if (next >= 0) orders[((next & SLOT_MASK) << ORDER_SHIFT) + ORDER_ACCOUNT_PREVIOUS] = previous;
    if (previous >= 0 && next >= 0) return;
    const row = this.find(orders[at + ORDER_ACCOUNT] as number, orders[at + ORDER_INSTRUMENT] as number);
    if (row < 0) throw new Error('assert: an order is not in the list of its account and instrument');
    if (previous < 0 && next < 0) this.removeRow(row);
    else if (previous < 0) rows[((row & SLOT_MASK) << ROW_SHIFT) + ROW_FIRST] = next;
    else rows[((row & SLOT_MASK) << ROW_SHIFT) + ROW_LAST] = previous;
  }

  /** There is always room: each row has an order of its own. */
  private addRow(account: number, instrument: number, slot: number): void {
    const rows = this.rows;
    const accounts = this.accounts;
    let row = this.freeHead;
    if (row >= 0) this.freeHead = rows[((row & SLOT_MASK) << ROW_SHIFT) + ROW_NEXT] as number;
    else row = this.used++;
    const at = (row & SLOT_MASK) << ROW_SHIFT;
    const bucket = this.bucketOf(account, instrument);
    const accountAt = account << ACCOUNT_SHIFT;
    const last = (accounts[accountAt + ACCOUNT_LAST_ROW] as number) - 1;
    rows[at + ROW_ACCOUNT] = account;
    rows[at + ROW_INSTRUMENT] = instrument;
    rows[at + ROW_FIRST] = slot;
    rows[at + ROW_LAST] = slot;
    rows[at + ROW_CHAIN_NEXT] = this.buckets[bucket] as number;
    rows[at + ROW_PREVIOUS] = last;
    rows[at + ROW_NEXT] = -1;
    this.buckets[bucket] = row + 1;
    if (last >= 0) rows[((last & SLOT_MASK) << ROW_SHIFT) + ROW_NEXT] = row;
    else accounts[accountAt + ACCOUNT_FIRST_ROW] = row + 1;
    accounts[accountAt + ACCOUNT_LAST_ROW] = row + 1;
  }

  private removeRow(row: number): void {
    const rows = this.rows;
    const accounts = this.accounts;
    const at = (row & SLOT_MASK) << ROW_SHIFT;
    const account = rows[at + ROW_ACCOUNT] as number;
    const accountAt = account << ACCOUNT_SHIFT;
    const previous = rows[at + ROW_PREVIOUS] as number;
    const next = rows[at + ROW_NEXT] as number;
    if (previous >= 0) rows[(previous << ROW_SHIFT) + ROW_NEXT] = next;
    else accounts[accountAt + ACCOUNT_FIRST_ROW] = next + 1;
    if (next >= 0) rows[(next << ROW_SHIFT) + ROW_PREVIOUS] = previous;
    else accounts[accountAt + ACCOUNT_LAST_ROW] = previous + 1;
    this.unchain(row, this.bucketOf(account, rows[at + ROW_INSTRUMENT] as number));
    rows[at + ROW_NEXT] = this.freeHead;
    this.freeHead = row;
  }

  private unchain(row: number, bucket: number): void {
    const rows = this.rows;
    const behind = rows[((row & SLOT_MASK) << ROW_SHIFT) + ROW_CHAIN_NEXT] as number;
    let here = (this.buckets[bucket] as number) - 1;
    if (here === row) {
      this.buckets[bucket] = behind;
      return;
    }
    while (here >= 0) {
      const hereNext = (here << ROW_SHIFT) + ROW_CHAIN_NEXT;
      here = (rows[hereNext] as number) - 1;
      if (here === row) {
        rows[hereNext] = behind;
        return;
      }
    }
    throw new Error('assert: a row of an account is not in its chain');
  }

  /** Walks all rows, lists, chains and free rows; `live` orders are in the lists. Throws with a sentence. */
  validate(accountCount: number, live: number): void {
    let listed = 0;
    let held = 0;
    for (let account = 1; account <= accountCount; account++) {
      let previous = -1;
      for (let row = this.firstRow(account); row >= 0; row = this.nextRow(row)) {
        const at = (row & SLOT_MASK) << ROW_SHIFT;
        if (++held > this.used) throw new Error('the accounts have more rows than there are, or a circle');
        if (this.rows[at + ROW_ACCOUNT] !== account || this.findByHash(account, this.instrumentOf(row)) !== row) {
          throw new Error(`a row of account ${account} is not found by its instrument`);
        }
        if (this.rows[at + ROW_PREVIOUS] !== previous) {
          throw new Error(`account ${account} has a wrong link to the row before`);
        }
        listed += this.validateList(row, live);
        previous = row;
      }
      if (this.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_LAST_ROW] !== previous + 1) {
        throw new Error(`account ${account} has a wrong last row`);
      }
    }
    if (listed !== live) throw new Error(`the lists of accounts hold ${listed} orders, ${live} are live`);
    this.validateRows(held);
  }

  /** Returns how many orders a row has. */
  private validateList(row: number, live: number): number {
    const orders = this.orders;
    const rowAt = (row & SLOT_MASK) << ROW_SHIFT;
    const account = this.rows[rowAt + ROW_ACCOUNT] as number;
    let count = 0;
    let previous = -1;
    for (let slot = this.firstOrderOf(row); slot >= 0; ) {
      const at = (slot & SLOT_MASK) << ORDER_SHIFT;
      if (
        orders[at + ORDER_ACCOUNT] !== account ||
        orders[at + ORDER_INSTRUMENT] !== this.instrumentOf(row) ||
        orders[at + ORDER_LEVEL] === FREE
      ) {
        throw new Error(`order slot ${slot} is in the list of account ${account}, but not its live order there`);
      }
      if (((orders[at + ORDER_FLAGS] as number) & FLAG_LISTED) === 0) {
        throw new Error(`order slot ${slot} is in a list but does not say so`);
      }
      if (orders[at + ORDER_ACCOUNT_PREVIOUS] !== previous) {
        throw new Error(`order slot ${slot} has a wrong link to its account's order before`);
      }
      if (++count > live) throw new Error('the lists of accounts hold more orders than are live');
      previous = slot;
      slot = orders[at + ORDER_ACCOUNT_NEXT] as number;
    }
    if (count === 0) throw new Error(`account ${account} has a row without an order`);
    if (this.rows[rowAt + ROW_LAST] !== previous) throw new Error(`account ${account} has a wrong last order`);
    return count;
  }

  /** Every row is in one chain, if an account has it, or free. */
  private validateRows(held: number): void {
    let chained = 0;
    for (const first of this.buckets) {
      for (
        let row = first - 1;
        row >= 0;
        row = (this.rows[((row & SLOT_MASK) << ROW_SHIFT) + ROW_CHAIN_NEXT] as number) - 1
      ) {
        if (++chained > held) throw new Error('the chains hold more rows than the accounts have');
      }
    }
    let free = 0;
    for (let row = this.freeHead; row >= 0; row = this.nextRow(row)) {
      if (++free > this.used) throw new Error('the free rows of accounts go in a circle');
    }
    if (chained !== held || held + free !== this.used) {
      throw new Error(`the accounts have ${held} rows, ${chained} are in chains, ${free} free, ${this.used} used`);
    }
  }
}
