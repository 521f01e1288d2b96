/**
 * Walks all open orders and compares what they come to with holdings, purses and counts; then adds up each asset. For tests
 * and checkers. Throws with a sentence that names the first thing that is wrong.
 */

import {
  FLAG_SELL_SHIFT,
  FREE,
  ORDER_ACCOUNT,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_LEAVES,
  ORDER_LEVEL,
  ORDER_PRICE,
  ORDER_SHIFT,
} from '../book/order-words.js';
import { wholeShare } from '../ledger/amounts.js';
import { ANY_ORDERS } from '../ledger/ledger.js';
import {
  HOLDING_BASE_PURSE,
  HOLDING_BASE_UNIT,
  HOLDING_CAP,
  HOLDING_COST,
  HOLDING_FEE_CAP,
  HOLDING_LOT,
  HOLDING_OPEN,
  HOLDING_ORDER_MAX,
  HOLDING_PLAIN_MAX,
  HOLDING_POSITION,
  HOLDING_QUOTE_PURSE,
  HOLDING_REALISED,
  HOLDING_SHIFT,
  HOLDING_UNIT,
  LIMIT_NOTIONAL,
  LIMIT_POSITION,
  LIMIT_SHIFT,
  MOST_LEDGER,
  MOST_LOTS,
  PURSE_RESERVED,
  PURSE_SHIFT,
  WORTH_BASE_UNIT,
  WORTH_FEE_CAP,
  WORTH_LOT,
  WORTH_SHIFT,
  WORTH_UNIT,
} from '../ledger/ledger-words.js';
import { PAIR_FIRST, PAIR_SECOND, PAIR_SHIFT } from '../ledger/pair-index.js';
import { reserveOf } from '../money/money.js';
import { sharingLeg } from '../money/pairs.js';
import {
  ACCOUNT_KILLED,
  ACCOUNT_OPEN_ORDERS,
  ACCOUNT_OPEN_ORDERS_MAX,
  ACCOUNT_QUANTITY_MAX,
  ACCOUNT_RATED,
  ACCOUNT_SHIFT,
  INSTRUMENT_BASE_ASSET,
  INSTRUMENT_KILLED,
  INSTRUMENT_QUOTE_ASSET,
  INSTRUMENT_SHIFT,
  KILLED_WITH_ALL,
} from '../registry-words.js';
import type { EngineState } from '../state/state.js';

export function validateLedger(state: EngineState): void {
  const { ledger, registry } = state;
  ledger.holdings.validate('holding');
  ledger.purses.validate('purse');
  /** Of each holding: open buys, open sells. */
  const open = new Float64Array(ledger.holdings.count * 2);
  const reserved = new Float64Array(ledger.purses.count);
  const orders = new Float64Array(registry.accountCount + 1);
  for (let slot = 0; slot < state.books.orders.used; slot++) {
    const at = slot << ORDER_SHIFT;
    if (state.orders[at + ORDER_LEVEL] === FREE) continue;
    const account = state.orders[at + ORDER_ACCOUNT] as number;
    const instrument = state.orders[at + ORDER_INSTRUMENT] as number;
    const holding = ledger.findHolding(account, instrument);
    if (holding < 0) throw new Error(`order slot ${slot} is of account ${account} without a holding`);
    const sell = ((state.orders[at + ORDER_FLAGS] as number) >>> FLAG_SELL_SHIFT) & 1;
    const leaves = (state.orders[at + ORDER_LEAVES] as number) >>> 0;
    const other = sharingLeg(state, slot);
    // Of a pair the larger leg counts; of equal ones that in the lower slot.
    const otherLeaves = other < 0 ? 0 : (state.orders[(other << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0;
    const isCounted = other < 0 || leaves > otherLeaves || (leaves === otherLeaves && slot < other);
    if (isCounted) open[holding * 2 + sell] = (open[holding * 2 + sell] as number) + leaves;
    orders[account] = (orders[account] as number) + 1;
    const instrumentAt = instrument << INSTRUMENT_SHIFT;
    if (state.instruments[instrumentAt + INSTRUMENT_QUOTE_ASSET] === 0) continue;
    const asset = state.instruments[
      instrumentAt + (sell === 0 ? INSTRUMENT_QUOTE_ASSET : INSTRUMENT_BASE_ASSET)
    ] as number;
    const purse = ledger.findPurse(account, asset);
    const price = state.orders[at + ORDER_PRICE] as number;
    const own = reserveOf(state, instrument, sell, price, leaves);
    const otherPrice = other < 0 ? price : (state.orders[(other << ORDER_SHIFT) + ORDER_PRICE] as number);
    const others = other < 0 ? 0 : reserveOf(state, instrument, sell, otherPrice, otherLeaves);
    if (other < 0 || own > others || (own === others && slot < other)) {
      reserved[purse] = (reserved[purse] as number) + own;
    }
  }
  for (let account = 1; account <= registry.accountCount; account++) {
    if (state.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_OPEN_ORDERS] !== orders[account]) {
      throw new Error(`account ${account} is wrong about its ${orders[account]} open orders`);
    }
  }
  for (let holding = 0; holding < ledger.holdings.count; holding++) validateHolding(state, holding, open);
  validatePurses(state, reserved);
  for (let instrument = 1; instrument <= registry.instrumentCount; instrument++) {
    const killed =
      (state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_KILLED] as number) & KILLED_WITH_ALL;
    if ((killed !== 0) !== (state.killed !== 0)) throw new Error(`instrument ${instrument} is not killed like all`);
  }
}

function validateHolding(state: EngineState, holding: number, open: Float64Array): void {
  const { ledger } = state;
  const sums = ledger.holdingSums;
  const at = holding << HOLDING_SHIFT;
  const name = `the holding of account ${ledger.accountOf(holding)} in instrument ${ledger.instrumentOf(holding)}`;
  for (let which = 0; which < 2; which++) {
    const held = sums[at + HOLDING_OPEN + which];
    if (held !== open[holding * 2 + which]) {
      const what = which === 0 ? 'buys' : 'sells';
      throw new Error(`${name} has ${held} lots of open ${what}, its orders ${open[holding * 2 + which]}`);
    }
  }
  const position = sums[at + HOLDING_POSITION] as number;
  const cost = sums[at + HOLDING_COST] as number;
  const realised = sums[at + HOLDING_REALISED] as number;
  if (![position, cost, realised].every(Number.isSafeInteger)) throw new Error(`${name} has a sum that is not exact`);
  if (position === 0 && cost !== 0) throw new Error(`${name} has no position, but a cost of ${cost}`);
  const lots = (sums[at + HOLDING_OPEN] as number) + (sums[at + HOLDING_OPEN + 1] as number);
  const worth = lots * (state.ledger.worth[(ledger.instrumentOf(holding) << WORTH_SHIFT) + WORTH_LOT] as number);
  if (lots + Math.abs(position) > MOST_LOTS || Math.abs(cost) + Math.abs(realised) + worth > MOST_LEDGER) {
    throw new Error(`${name} is above what a ledger may hold`);
  }
  validateCaps(state, holding, name);
  validateCopies(state, holding, name);
}

/** With as much open as the caps allow, position and ledger are still within their bounds, and so is an order's quantity. */
function validateCaps(state: EngineState, holding: number, name: string): void {
  const { ledger } = state;
  const sums = ledger.holdingSums;
  const at = holding << HOLDING_SHIFT;
  const caps = [sums[at + HOLDING_CAP] as number, sums[at + HOLDING_CAP + 1] as number] as const;
  const buys = Math.max(caps[0], sums[at + HOLDING_OPEN] as number);
  const sells = Math.max(caps[1], sums[at + HOLDING_OPEN + 1] as number);
  const position = sums[at + HOLDING_POSITION] as number;
  const amount = Math.abs(sums[at + HOLDING_COST] as number) + Math.abs(sums[at + HOLDING_REALISED] as number);
  const lot = ledger.worth[(ledger.instrumentOf(holding) << WORTH_SHIFT) + WORTH_LOT] as number;
  const account = ledger.accountOf(holding);
  const most = state.accountLimits[(account << LIMIT_SHIFT) + LIMIT_POSITION] as number;
  if (
    buys + sells + Math.abs(position) > MOST_LOTS ||
    amount + (buys + sells) * lot > MOST_LEDGER ||
    (caps[0] >= 0 && caps[0] + position > most) ||
    (caps[1] >= 0 && caps[1] - position > most)
  ) {
    throw new Error(`${name} lets orders pass that are above its bounds`);
  }
}

/** What a holding has copies of: worth of its instrument, limits and kill switch of its account, and its purses. */
function validateCopies(state: EngineState, holding: number, name: string): void {
  const { ledger, accounts, instruments } = state;
  const sums = ledger.holdingSums;
  const at = holding << HOLDING_SHIFT;
  const account = ledger.accountOf(holding);
  const instrument = ledger.instrumentOf(holding);
  for (const [copy, term] of [
    [HOLDING_LOT, WORTH_LOT],
    [HOLDING_UNIT, WORTH_UNIT],
    [HOLDING_BASE_UNIT, WORTH_BASE_UNIT],
    [HOLDING_FEE_CAP, WORTH_FEE_CAP],
  ] as const) {
    if (sums[at + copy] !== ledger.worth[(instrument << WORTH_SHIFT) + term]) {
      throw new Error(`${name} has a copy of another worth`);
    }
  }
  const accountAt = account << ACCOUNT_SHIFT;
  const most = (accounts[accountAt + ACCOUNT_QUANTITY_MAX] as number) >>> 0 || Number.POSITIVE_INFINITY;
  const notional = ledger.limits[(account << LIMIT_SHIFT) + LIMIT_NOTIONAL] as number;
  const lots = wholeShare(notional, sums[at + HOLDING_LOT] as number);
  const largest = accounts[accountAt + ACCOUNT_KILLED] === 0 ? Math.min(most, lots) : -1;
  const isPlain =
    accounts[accountAt + ACCOUNT_RATED] === 0 &&
    accounts[accountAt + ACCOUNT_OPEN_ORDERS_MAX] === ANY_ORDERS &&
    (ledger.holdingWords[(holding << PAIR_SHIFT) + HOLDING_QUOTE_PURSE] as number) < 0;
  if (sums[at + HOLDING_ORDER_MAX] !== largest || sums[at + HOLDING_PLAIN_MAX] !== (isPlain ? largest : -1)) {
    throw new Error(`${name} has copies of other limits`);
  }
  for (const [word, of] of [
    [HOLDING_BASE_PURSE, INSTRUMENT_BASE_ASSET],
    [HOLDING_QUOTE_PURSE, INSTRUMENT_QUOTE_ASSET],
  ] as const) {
    const asset = instruments[(instrument << INSTRUMENT_SHIFT) + of] as number;
    const purse = asset === 0 ? -1 : ledger.findPurse(account, asset);
    if (ledger.holdingWords[(holding << PAIR_SHIFT) + word] !== purse) throw new Error(`${name} has another purse`);
  }
}

function validatePurses(state: EngineState, reserved: Float64Array): void {
  const { ledger } = state;
  ledger.addUp(state.registry.assetCount, state.transit.moved);
  for (let purse = 0; purse < ledger.purses.count; purse++) {
    const held = ledger.purseSums[(purse << PURSE_SHIFT) + PURSE_RESERVED] as number;
    if (held === reserved[purse]) continue;
    const account = ledger.purses.words[(purse << PAIR_SHIFT) + PAIR_FIRST];
    const asset = ledger.purses.words[(purse << PAIR_SHIFT) + PAIR_SECOND];
    throw new Error(
      `the purse of account ${account} and asset ${asset} reserves ${held}, its orders ${reserved[purse]}`,
    );
  }
}
