/**
 * What an account has in a shard at one event: its live orders, positions, balances, and the last client order id of each of
 * its lanes. Reads an engine between two commands and changes nothing. Whoever's engine it is.
 *
 * The records are those that OrderStatus and AccountStatus answer with, so that whoever folds answers folds these; what is about
 * a command (its sequence, its id, the account sequence) is zero in them.
 */

import { EventKind, Reason } from '../../schemas/codes.js';
import {
  EVENT_ACCOUNT,
  EVENT_AMOUNT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_CUMULATIVE,
  EVENT_DISPLAYED,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SESSION,
  EVENT_WORDS,
  highWord,
} from '../../schemas/layout.js';
import {
  ORDER_CLIENT_HIGH,
  ORDER_CLIENT_LOW,
  ORDER_CUMULATIVE,
  ORDER_FLAGS,
  ORDER_GENERATION,
  ORDER_INSTRUMENT,
  ORDER_SESSION,
  ORDER_SHIFT,
} from '../book/order-words.js';
import type { Engine } from '../engine.js';
import {
  HOLDING_COST,
  HOLDING_OLDER,
  HOLDING_POSITION,
  HOLDING_REALISED,
  HOLDING_SHIFT,
  PURSE_AVAILABLE,
  PURSE_RESERVED,
  PURSE_SHIFT,
} from '../ledger/ledger-words.js';
import { PAIR_SHIFT } from '../ledger/pair-index.js';
import { orderNow } from '../matching/order-status.js';
import { ACCOUNT_NEWEST_HOLDING, ACCOUNT_SEQUENCE, ACCOUNT_SHIFT } from '../registry-words.js';
import { LANE_ACCOUNT, LANE_NUMBER, LANE_SHIFT } from '../state/lane-words.js';

const SELL_BIT = 1 << 8;
const RESTING = EventKind.OrderState | (Reason.Resting << 16);
const WAITS = EventKind.OrderState | (Reason.WaitingForTrigger << 16);
const LANE_FACTOR = 2 ** 48;

/** As of event `sequence` of the shard; plain data that crosses threads. */
export interface AccountState {
  readonly sequence: number;
  /** The account's last number in this shard, unsigned. */
  readonly accountSequence: number;
  /** Records of EVENT_WORDS words: OrderState, oldest first in each instrument, then PositionState, then BalanceState. */
  readonly records: Int32Array;
  /** By lane: the lane's number in the top 16 of 64 bits, below it the highest counter that was used. */
  readonly marks: BigUint64Array;
}

/** An account that the shard does not know has nothing. */
export function accountStateOf(engine: Engine, account: number): AccountState {
  const { state } = engine;
  const known = state.registry.hasAccount(account);
  const records: Int32Array[] = [];
  if (known) {
    addOrders(engine, account, records);
    addPositions(engine, account, records);
    addBalances(engine, account, records);
  }
  const all = new Int32Array(records.length * EVENT_WORDS);
  for (const [index, record] of records.entries()) all.set(record, index * EVENT_WORDS);
  const accountSequence = known ? (state.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_SEQUENCE] as number) >>> 0 : 0;
  return { sequence: engine.eventSequence, accountSequence, records: all, marks: marksOf(engine, account) };
}

function blank(account: number, kindWord: number, about: number): Int32Array {
  const record = new Int32Array(EVENT_WORDS);
  record[EVENT_ACCOUNT] = account;
  record[EVENT_INSTRUMENT] = about;
  record[EVENT_KIND_WORD] = kindWord;
  return record;
}

function setWide(record: Int32Array, word: number, value: number): void {
  record[word] = value;
  record[word + 1] = highWord(value);
}

function addOrders({ state }: Engine, account: number, records: Int32Array[]): void {
  const { orders, accountOrders } = state;
  for (let slot = accountOrders.firstOfAll(account); slot >= 0; slot = accountOrders.next(slot, true)) {
    const at = slot << ORDER_SHIFT;
    const { waits, price, total, leaves, shown, trigger } = orderNow(state, slot);
    const side = (orders[at + ORDER_FLAGS] as number) & SELL_BIT;
    const record = blank(account, (waits ? WAITS : RESTING) | side, orders[at + ORDER_INSTRUMENT] as number);
    record[EVENT_ORDER_ID] = slot;
    record[EVENT_ORDER_ID + 1] = orders[at + ORDER_GENERATION] as number;
    record[EVENT_CLIENT_ORDER_ID] = orders[at + ORDER_CLIENT_LOW] as number;
    record[EVENT_CLIENT_ORDER_ID + 1] = orders[at + ORDER_CLIENT_HIGH] as number;
    record[EVENT_PRICE] = price;
    record[EVENT_QUANTITY] = total;
    record[EVENT_LEAVES] = leaves;
    record[EVENT_DISPLAYED] = shown;
    record[EVENT_CUMULATIVE] = orders[at + ORDER_CUMULATIVE] as number;
    record[EVENT_SESSION] = orders[at + ORDER_SESSION] as number;
    if (waits) {
      record[EVENT_AMOUNT] = trigger;
      record[EVENT_AMOUNT + 1] = trigger >> 31;
    }
    records.push(record);
  }
}

/** Those that are flat and never made or lost anything are left out. */
function addPositions({ state }: Engine, account: number, records: Int32Array[]): void {
  const { ledger, accounts, holdingSums } = state;
  let holding = (accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_NEWEST_HOLDING] as number) - 1;
  while (holding >= 0) {
    const at = holding << HOLDING_SHIFT;
    const [position, cost, realised] = [HOLDING_POSITION, HOLDING_COST, HOLDING_REALISED].map(
      (word) => holdingSums[at + word] as number,
    ) as [number, number, number];
    if (position !== 0 || cost !== 0 || realised !== 0) {
      const record = blank(account, EventKind.PositionState, ledger.instrumentOf(holding));
      setWide(record, EVENT_AMOUNT, realised);
      setWide(record, EVENT_RELATED_ID, cost);
      record[EVENT_QUANTITY] = position;
      record[EVENT_LEAVES] = highWord(position);
      records.push(record);
    }
    holding = (ledger.holdingWords[(holding << PAIR_SHIFT) + HOLDING_OLDER] as number) - 1;
  }
}

function addBalances({ state }: Engine, account: number, records: Int32Array[]): void {
  const { registry, ledger, purseSums } = state;
  for (let asset = 1; asset <= registry.assetCount; asset++) {
    const purse = ledger.findPurse(account, asset);
    if (purse < 0) continue;
    const record = blank(account, EventKind.BalanceState, asset);
    setWide(record, EVENT_AMOUNT, purseSums[(purse << PURSE_SHIFT) + PURSE_AVAILABLE] as number);
    setWide(record, EVENT_RELATED_ID, purseSums[(purse << PURSE_SHIFT) + PURSE_RESERVED] as number);
    records.push(record);
  }
}

function marksOf({ state }: Engine, account: number): BigUint64Array {
  const { lanes } = state;
  const marks: bigint[] = [];
  for (let lane = 0; lane < lanes.count; lane++) {
    const at = lane << LANE_SHIFT;
    if (lanes.words[at + LANE_ACCOUNT] !== account) continue;
    const mark = lanes.marks[lane] as number;
    // The counter is the low 48 bits, wherever the table keeps the lane's own number.
    marks.push((BigInt(lanes.words[at + LANE_NUMBER] as number) << 48n) | BigInt(mark % LANE_FACTOR));
  }
  return BigUint64Array.from(marks);
}
