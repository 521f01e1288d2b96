/**
 * What an account may do, and can pay: kill switches, rate, limits, then money, before an order or a replace changes
 * anything.
 * The shard's thread. A check returns false when it has refused; the caller returns then.
 */

import { Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import * as orderWords from '../book/order-words.js';
import * as ledgerWords from '../ledger/ledger-words.js';
import * as registryWords from '../registry-words.js';
import * as checksFunctions from '../state/checks.js';
import type { EngineState } from '../state/state.js';
import * as moneyFunctions from './money.js';
import { sharingLeg } from './pairs.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { NO_ORDER, hasOffset, refuse } = checksFunctions;
const { heldBy, purseAt, reserveOf } = moneyFunctions;
const { COMMAND_ACCOUNT, COMMAND_INSTRUMENT, COMMAND_PRICE, COMMAND_QUANTITY, NO_PRICE } = layout;
const { ORDER_LEAVES, ORDER_PRICE, ORDER_SHIFT, SLOT_MASK } = orderWords;
const {
  ACCOUNT_KILLED,
  ACCOUNT_MASK,
  ACCOUNT_OPEN_ORDERS,
  ACCOUNT_OPEN_ORDERS_MAX,
  ACCOUNT_QUANTITY_MAX,
  ACCOUNT_RATED,
  ACCOUNT_SHIFT,
  INSTRUMENT_BASE_ASSET,
  INSTRUMENT_KILLED,
  INSTRUMENT_MASK,
  INSTRUMENT_QUOTE_ASSET,
  INSTRUMENT_SHIFT,
} = registryWords;
const {
  HOLDING_CAP,
  HOLDING_COST,
  HOLDING_MASK,
  HOLDING_OPEN,
  HOLDING_ORDER_MAX,
  HOLDING_PLAIN_MAX,
  HOLDING_POSITION,
  HOLDING_REALISED,
  HOLDING_SHIFT,
  LIMIT_BURST,
  LIMIT_NOTIONAL,
  LIMIT_POSITION,
  LIMIT_RATE,
  LIMIT_SHIFT,
  LIMIT_TIME,
  LIMIT_TOKENS,
  MOST_LEDGER,
  MOST_LOTS,
  CHECKED_AMOUNT,
  CHECKED_LOTS,
  PURSE_AVAILABLE,
  PURSE_SHIFT,
  TOKEN,
  WORTH_LOT,
  WORTH_SHIFT,
  WORTH_UNIT,
} = ledgerWords;

/**
 * Whether a new order of an account surely passes all limits and there is no money to look at: of nearly all accounts that
 * have neither. False says nothing. `state.holding` is the account's holding, or -1: it has none yet.
 */
export function passesPlainly(state: EngineState, words: Int32Array, at: number, sell: number): boolean {
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const holding = state.ledger.findHolding(words[at + COMMAND_ACCOUNT] as number, instrument);
  state.holding = holding;
  if (holding < 0) return false;
  const sums = state.holdingSums;
  const holdingAt = (holding & HOLDING_MASK) << HOLDING_SHIFT;
  const quantity = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  const side = holdingAt + (sell & 1);
  return (
    quantity <= (sums[holdingAt + HOLDING_PLAIN_MAX] as number) &&
    (sums[side + HOLDING_OPEN] as number) + quantity <= (sums[side + HOLDING_CAP] as number) &&
    state.instruments[((instrument & INSTRUMENT_MASK) << INSTRUMENT_SHIFT) + INSTRUMENT_KILLED] === 0
  );
}

/**
 * Kill switches, rate and limits of the command's account, for a new order (`slot` NO_ORDER) or a replace of one; `added`:
 * lots that come to be open, below 0 for fewer. False when it has refused. It takes a token where the account has a rate.
 * `state.holding` is the account's holding behind it, or -1 when it has none yet and there is room for one.
 */
export function checkLimits(
  state: EngineState,
  words: Int32Array,
  at: number,
  sell: number,
  added: number,
  slot: number,
): boolean {
  const account = words[at + COMMAND_ACCOUNT] as number;
  const holding = state.ledger.findHolding(account, words[at + COMMAND_INSTRUMENT] as number);
  return checkLimitsOf(state, words, at, sell, added, slot, holding);
}

/** The same, by the account's holding, or -1: it has none yet. */
export function checkLimitsOf(
  state: EngineState,
  words: Int32Array,
  at: number,
  sell: number,
  added: number,
  slot: number,
  holding: number,
): boolean {
  return (
    passesLimits(state, words, at, sell, added, slot, holding) || checkEachLimit(state, words, at, sell, added, slot)
  );
}

/** Whether it surely passes all limits, its token taken; false says nothing, and no token is taken then. */
function passesLimits(
  state: EngineState,
  words: Int32Array,
  at: number,
  sell: number,
  added: number,
  slot: number,
  holding: number,
): boolean {
  const account = words[at + COMMAND_ACCOUNT] as number;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  if (state.instruments[((instrument & INSTRUMENT_MASK) << INSTRUMENT_SHIFT) + INSTRUMENT_KILLED] !== 0) return false;
  const accounts = state.accounts;
  const accountAt = (account & ACCOUNT_MASK) << ACCOUNT_SHIFT;
  const open = accounts[accountAt + ACCOUNT_OPEN_ORDERS] as number;
  if (open >= (accounts[accountAt + ACCOUNT_OPEN_ORDERS_MAX] as number) && slot < 0) return false;
  if (holding < 0) return false;
  state.holding = holding;
  const sums = state.holdingSums;
  const holdingAt = (holding & HOLDING_MASK) << HOLDING_SHIFT;
  const quantity = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  if (quantity > (sums[holdingAt + HOLDING_ORDER_MAX] as number)) return false;
  const side = holdingAt + (sell & 1);
  if ((sums[side + HOLDING_OPEN] as number) + added > (sums[side + HOLDING_CAP] as number)) return false;
  return accounts[accountAt + ACCOUNT_RATED] === 0 || takeToken(state, (account & ACCOUNT_MASK) << LIMIT_SHIFT);
}

/** The same, one by one, in the order of the rule book. */
function checkEachLimit(
  state: EngineState,
  words: Int32Array,
  at: number,
  sell: number,
  added: number,
  slot: number,
): boolean {
  const account = words[at + COMMAND_ACCOUNT] as number;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const accountAt = account << ACCOUNT_SHIFT;
  const instrumentAt = instrument << INSTRUMENT_SHIFT;
  if (state.instruments[instrumentAt + INSTRUMENT_KILLED] !== 0 || state.accounts[accountAt + ACCOUNT_KILLED] !== 0) {
    return refuse(state, words, at, Reason.Killed, 0, slot);
  }
  const limits = state.accountLimits;
  const limitAt = account << LIMIT_SHIFT;
  const rate = limits[limitAt + LIMIT_RATE] as number;
  if (rate !== 0 && !takeToken(state, limitAt)) return refuse(state, words, at, Reason.OrderRate, rate, slot);
  const quantity = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  const most = (state.accounts[accountAt + ACCOUNT_QUANTITY_MAX] as number) >>> 0;
  if (most !== 0 && quantity > most) return refuse(state, words, at, Reason.OrderQuantityLimit, most, slot);
  const price = words[at + COMMAND_PRICE] as number;
  const worthAt = instrument << WORTH_SHIFT;
  const lot = state.ledger.worth[worthAt + WORTH_LOT] as number;
  // The price of a stop that trails is an offset.
  const priced = price !== NO_PRICE && !hasOffset(state, words, at, slot);
  const each = !priced ? lot : Math.abs(price) * (state.ledger.worth[worthAt + WORTH_UNIT] as number);
  const notional = limits[limitAt + LIMIT_NOTIONAL] as number;
  if (each * quantity > notional) return refuse(state, words, at, Reason.OrderNotionalLimit, notional, slot);
  const orders = state.accounts[accountAt + ACCOUNT_OPEN_ORDERS_MAX] as number;
  if (slot < 0 && (state.accounts[accountAt + ACCOUNT_OPEN_ORDERS] as number) >= orders) {
    return refuse(state, words, at, Reason.OpenOrdersLimit, orders, slot);
  }
  const holding = state.ledger.findHolding(account, instrument);
  state.holding = holding;
  const sums = state.holdingSums;
  const holdingAt = holding << HOLDING_SHIFT;
  const position = holding < 0 ? 0 : (sums[holdingAt + HOLDING_POSITION] as number);
  const towards = (holding < 0 ? 0 : (sums[holdingAt + HOLDING_OPEN + sell] as number)) + added;
  const positions = limits[limitAt + LIMIT_POSITION] as number;
  if (added > 0 && (sell === 0 ? towards + position : towards - position) > positions) {
    return refuse(state, words, at, Reason.PositionLimit, positions, slot);
  }
  if (holding < 0) return checkHoldingRoom(state, words, at, account, instrumentAt);
  const lots = towards + (sums[holdingAt + HOLDING_OPEN + 1 - sell] as number);
  const cost = sums[holdingAt + HOLDING_COST] as number;
  const realised = sums[holdingAt + HOLDING_REALISED] as number;
  if (lots + Math.abs(position) > MOST_LOTS || Math.abs(cost) + Math.abs(realised) + lots * lot > MOST_LEDGER) {
    return refuse(state, words, at, Reason.LedgerFull, 0, slot);
  }
  state.ledger.raiseCaps(holding, account, sell, added);
  return true;
}

function checkHoldingRoom(
  state: EngineState,
  words: Int32Array,
  at: number,
  account: number,
  instrumentAt: number,
): boolean {
  const ledger = state.ledger;
  if (ledger.holdings.isFull()) {
    return refuse(state, words, at, Reason.HoldingsFull, ledger.holdings.capacity, NO_ORDER);
  }
  const base = state.instruments[instrumentAt + INSTRUMENT_BASE_ASSET] as number;
  const quote = state.instruments[instrumentAt + INSTRUMENT_QUOTE_ASSET] as number;
  return (
    ledger.hasPurseRoom(account, base, quote) ||
    refuse(state, words, at, Reason.PursesFull, ledger.purses.capacity, NO_ORDER)
  );
}

/** Fills the bucket up to now and takes a token out of it; false when there is none. Time that goes back brings none. */
function takeToken(state: EngineState, limitAt: number): boolean {
  const limits = state.accountLimits;
  const now = (state.timeHigh >>> 0) * 4294967296 + (state.timeLow >>> 0);
  const passed = now - (limits[limitAt + LIMIT_TIME] as number);
  let tokens = limits[limitAt + LIMIT_TOKENS] as number;
  if (passed > 0) {
    const rate = limits[limitAt + LIMIT_RATE] as number;
    const burst = limits[limitAt + LIMIT_BURST] as number;
    // Not multiplied where the product may not be exact: it fills the bucket then.
    tokens = passed >= (burst - tokens) / rate ? burst : tokens + passed * rate;
    limits[limitAt + LIMIT_TIME] = now;
  }
  limits[limitAt + LIMIT_TOKENS] = tokens < TOKEN ? tokens : tokens - TOKEN;
  return tokens >= TOKEN;
}

/** Whether an order of this side must have a price, because it reserves by it. */
export function needsPrice(state: EngineState, instrument: number, sell: number): boolean {
  return sell === 0 && state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_QUOTE_ASSET] !== 0;
}

/**
 * The account can pay for an order at `price` with `lots` open, instead of the one in `slot` (or NO_ORDER). `state.holding`
 * is as checkLimits left it.
 */
export function checkMoney(
  state: EngineState,
  words: Int32Array,
  at: number,
  sell: number,
  price: number,
  lots: number,
  slot: number,
): boolean {
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  return (
    state.instruments[((instrument & INSTRUMENT_MASK) << INSTRUMENT_SHIFT) + INSTRUMENT_QUOTE_ASSET] === 0 ||
    canPay(state, words, at, sell, price, lots, slot)
  );
}

function canPay(
  state: EngineState,
  words: Int32Array,
  at: number,
  sell: number,
  price: number,
  lots: number,
  slot: number,
): boolean {
  const holding = state.holding;
  if (holding < 0) return canPayAtFirst(state, words, at, sell, price, lots);
  const available = state.purseSums[purseAt(state, holding, sell) + PURSE_AVAILABLE] as number;
  let needed = heldBy(state, holding, sell, price, lots);
  // An order that comes to rest as it came reserves just this.
  state.checked[CHECKED_LOTS] = lots;
  state.checked[CHECKED_AMOUNT] = needed;
  if (slot >= 0) {
    const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
    const old = (state.orders[orderAt + ORDER_LEAVES] as number) >>> 0;
    // Of a pair the larger leg reserves.
    const shared = reservedByOther(state, slot, holding, sell);
    const before = heldBy(state, holding, sell, state.orders[orderAt + ORDER_PRICE] as number, old);
    needed = Math.max(needed, shared) - Math.max(before, shared);
  }
  return needed <= available || refuse(state, words, at, Reason.NotEnoughMoney, available, slot);
}

/** The same for the account's first order in the instrument. */
function canPayAtFirst(
  state: EngineState,
  words: Int32Array,
  at: number,
  sell: number,
  price: number,
  lots: number,
): boolean {
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const instrumentAt = instrument << INSTRUMENT_SHIFT;
  const asset = state.instruments[
    instrumentAt + (sell === 0 ? INSTRUMENT_QUOTE_ASSET : INSTRUMENT_BASE_ASSET)
  ] as number;
  const purse = state.ledger.findPurse(words[at + COMMAND_ACCOUNT] as number, asset);
  const available = purse < 0 ? 0 : (state.purseSums[(purse << PURSE_SHIFT) + PURSE_AVAILABLE] as number);
  const needed = reserveOf(state, instrument, sell, price, lots);
  state.checked[CHECKED_LOTS] = lots;
  state.checked[CHECKED_AMOUNT] = needed;
  return needed <= available || refuse(state, words, at, Reason.NotEnoughMoney, available, NO_ORDER);
}

/** What the other leg of an order reserves by itself, where it is of the same side; else 0. */
function reservedByOther(state: EngineState, slot: number, holding: number, sell: number): number {
  const other = sharingLeg(state, slot);
  if (other < 0) return 0;
  const at = other << ORDER_SHIFT;
  const lots = (state.orders[at + ORDER_LEAVES] as number) >>> 0;
  return heldBy(state, holding, sell, state.orders[at + ORDER_PRICE] as number, lots);
}

/** Lots that come to be open when an order has `after` instead of `before`: of a pair the larger leg is. */
export function lotsAdded(state: EngineState, slot: number, before: number, after: number): number {
  const other = sharingLeg(state, slot);
  const shared = other < 0 ? 0 : (state.orders[(other << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0;
  return Math.max(after, shared) - Math.max(before, shared);
}
