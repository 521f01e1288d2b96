/**
 * What an account may do in the model: its limits, its holdings, its bucket of tokens, switches that take it out of
 * trading. What is open is counted from the live orders each time. Any thread.
 */
import { MOST_POSITION } from '../../schemas/admin.js';
import { EventKind, OrderType, Reason, Side } from '../../schemas/codes.js';
import { NO_PRICE } from '../../schemas/layout.js';
import type { ModelOrder } from './book.js';
import { available, checkPurses, checkShardAndAsset, openPurses, reserved } from './money.js';
import type { PlainCommand } from './plain-records.js';
import type { ModelHolding, ModelInstrument, Refusal, Sender, State, Steps, Work } from './state.js';

const MOST_LEDGER = 2n ** 52n;

/** Lots of open orders of an account in an instrument. */
export interface Open {
  readonly buys: number;
  readonly sells: number;
}

export function openIn(state: State, account: number, instrument: number): Open {
  const there = [...state.orders.values()].filter((one) => one.account === account && one.instrument === instrument);
  const lots = (side: Side): number =>
    there.filter((order) => order.side === side && !isSpared(order)).reduce((sum, order) => sum + order.leaves, 0);
  return { buys: lots(Side.Buy), sells: lots(Side.Sell) };
}

/** Of a pair of one side the larger leg is open; of equal ones that which came first. */
function isSpared({ id, side, leaves, other }: ModelOrder): boolean {
  return other?.side === side && (other.leaves > leaves || (other.leaves === leaves && other.id < id));
}

/** The checks of a new order, or (with `old`) of a replace of it that leaves so much open, in their order; `ahead`: the leg before it, which passed. */
export function checkLimits(
  state: State,
  command: PlainCommand,
  instrument: ModelInstrument,
  leaves: number,
  old?: ModelOrder,
  ahead?: PlainCommand,
): Refusal | undefined {
  const { account, price, quantity, timeUs } = command;
  const owner = state.account(account);
  if (owner === undefined) {
    throw new Error(`Account ${account} trades and is not there.`);
  }
  const { limits } = owner;
  if (owner.killed || instrument.killed || state.killed) {
    return { reason: Reason.Killed };
  }
  if (limits.rate > 0 && !owner.bucket.take(BigInt(limits.rate), BigInt(limits.burst), timeUs)) {
    return { reason: Reason.OrderRate, amount: limits.rate };
  }
  if (limits.orderQuantity > 0 && quantity > limits.orderQuantity) {
    return { reason: Reason.OrderQuantityLimit, amount: limits.orderQuantity };
  }
  // The price of a stop that trails is an offset.
  const trails = old === undefined ? command.type === OrderType.TrailingStop : isTrailing(old);
  const size = price === NO_PRICE || trails ? largestPrice(instrument) : Math.abs(price);
  const notional = BigInt(quantity) * BigInt(size) * BigInt(instrument.unit);
  if (limits.orderNotional > 0 && notional > BigInt(limits.orderNotional)) {
    return { reason: Reason.OrderNotionalLimit, amount: limits.orderNotional };
  }
  if (
    old === undefined &&
    limits.openOrders > 0 &&
    openOrders(state, account) + (ahead === undefined ? 0 : 1) >= limits.openOrders
  ) {
    return { reason: Reason.OpenOrdersLimit, amount: limits.openOrders };
  }
  const side = old?.side ?? (command.side as Side);
  const shared = old?.other?.side === side ? old.other.leaves : 0;
  const added = Math.max(leaves, shared) - Math.max(old?.leaves ?? 0, shared);
  const across = ahead !== undefined && ahead.side !== side ? ahead.quantity : 0;
  return (
    checkPosition(state, account, instrument, side, added, limits.position) ??
    checkLedger(state, account, instrument, added + across) ??
    checkHolding(state, account, instrument)
  );
}

function isTrailing(order: ModelOrder): boolean {
  return order.waits && order.type === OrderType.TrailingStop;
}

function openOrders(state: State, account: number): number {
  return [...state.orders.values()].filter((order) => order.account === account).length;
}

function largestPrice(instrument: ModelInstrument): number {
  return Math.max(Math.abs(instrument.priceMin), Math.abs(instrument.priceMax));
}

function checkPosition(
  state: State,
  account: number,
  instrument: ModelInstrument,
  side: Side,
  added: number,
  limit: number,
): Refusal | undefined {
  if (limit === 0 || added <= 0) {
    return undefined;
  }
  const position = Number(state.holding(account, instrument.id)?.position ?? 0n);
  const { buys, sells } = openIn(state, account, instrument.id);
  const end = side === Side.Buy ? position + buys + added : sells + added - position;
  return end > limit ? { reason: Reason.PositionLimit, amount: limit } : undefined;
}

function checkLedger(state: State, account: number, instrument: ModelInstrument, added: number): Refusal | undefined {
  const { position, cost, realised } = state.holding(account, instrument.id) ?? NO_HOLDING;
  const isFull = (lots: bigint): boolean =>
    size(position) + lots > BigInt(MOST_POSITION) ||
    size(realised) + size(cost) + lots * BigInt(largestPrice(instrument)) * BigInt(instrument.unit) > MOST_LEDGER;
  // With all orders of all accounts it fits: a recorded day has too many of them to count the account's own each time.
  if (!isFull(BigInt(state.openLots + Math.max(0, added)))) {
    return undefined;
  }
  const { buys, sells } = openIn(state, account, instrument.id);
  return isFull(BigInt(buys + sells + added)) ? { reason: Reason.LedgerFull } : undefined;
}

const NO_HOLDING: ModelHolding = { account: 0, instrument: 0, position: 0n, cost: 0n, realised: 0n };

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

/** Room for what the account's first order in the instrument makes: its holding, and purses. */
function checkHolding(state: State, account: number, instrument: ModelInstrument): Refusal | undefined {
  if (state.holding(account, instrument.id) !== undefined) {
    return undefined;
  }
  const { maxHoldings } = state.limits;
  if (state.holdings.size >= maxHoldings) {
    return { reason: Reason.HoldingsFull, amount: maxHoldings };
  }
  return checkPurses(state, instrument, account);
}

/** The account trades in the instrument from here on. */
export function openHolding(state: State, account: number, instrument: ModelInstrument): void {
  if (state.holding(account, instrument.id) === undefined) {
    state.addHolding(account, instrument.id);
    openPurses(state, instrument, account);
  }
}

/** A fill moves the position: lots that close a part of it first, then those that open. */
export function fillHolding(
  holding: ModelHolding,
  instrument: ModelInstrument,
  side: Side,
  price: number,
  quantity: number,
): void {
  const worth = (lots: bigint): bigint => lots * BigInt(price) * BigInt(instrument.unit);
  const sign = side === Side.Buy ? 1n : -1n;
  const before = holding.position;
  let opens = BigInt(quantity);
  if (before * sign < 0n) {
    const closes = opens < size(before) ? opens : size(before);
    const cost = (holding.cost * closes) / size(before);
    holding.realised += before > 0n ? worth(closes) - cost : cost - worth(closes);
    holding.cost -= cost;
    opens -= closes;
  }
  holding.cost += worth(opens);
  holding.position += sign * BigInt(quantity);
}

/** AccountStatus: what the account has of an asset, or in an instrument. */
export function decideStatus(state: State, command: PlainCommand, sender: Sender): Refusal | Work {
  if (command.instrument === 0) {
    const refusal = checkShardAndAsset(state, command.minQuantity, command.targetId);
    return refusal ?? { steps: sayBalance(state, sender, Number(command.targetId)), instrument: 0 };
  }
  const instrument = state.instrument(command.instrument);
  if (instrument === undefined) {
    return { reason: Reason.UnknownInstrument };
  }
  if (instrument.shard !== state.shard) {
    return { reason: Reason.WrongShard };
  }
  return { steps: sayPosition(state, sender, instrument), instrument: 0 };
}

function* sayBalance(state: State, sender: Sender, asset: number): Steps {
  yield 1;
  state.emit(EventKind.BalanceState, {
    ...sender,
    relatedId: reserved(state, sender.account, asset),
    amount: Number(available(state, sender.account, asset)),
    instrument: asset,
  });
}

function* sayPosition(state: State, sender: Sender, instrument: ModelInstrument): Steps {
  const { position, cost, realised } = state.holding(sender.account, instrument.id) ?? NO_HOLDING;
  yield 1;
  state.emit(EventKind.PositionState, {
    ...sender,
    relatedId: BigInt.asUintN(64, cost),
    amount: Number(realised),
    instrument: instrument.id,
    quantity: Number(BigInt.asUintN(32, position)),
    leaves: Number(BigInt.asUintN(32, position >> 32n)),
  });
}

/** Whose orders a Kill is about, or why it may not be. */
export function checkKill(state: State, command: PlainCommand): Refusal | undefined {
  if (command.minQuantity !== state.shard) {
    return { reason: Reason.WrongShard };
  }
  return command.account === 0 || state.hasAccount(command.account) ? undefined : { reason: Reason.UnknownAccount };
}
