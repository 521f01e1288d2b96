/**
 * Money in the model: assets, purses, what orders reserve, what fills move. A purse holds one number, all that its account
 * has of the asset; what of it is reserved is added up from the live orders each time that somebody asks. All amounts are
 * bigints. Any thread.
 */
import { FEE_WHOLE } from '../../schemas/admin.js';
import { CommandKind, EventKind, Liquidity, Reason, Side } from '../../schemas/codes.js';
import { NO_PRICE } from '../../schemas/layout.js';
import type { ModelOrder } from './book.js';
import type { PlainCommand } from './plain-records.js';
import type { ModelInstrument, Purse, Refusal, Sender, State, Steps, Work } from './state.js';

/** The account that the venue's fees belong to. */
export const VENUE = 0;
export const MOST_SUPPLY = 2n ** 53n - 2n ** 51n;

/** What is there for an account to give: an asset and how much of it. */
interface Reserve {
  readonly asset: number;
  readonly amount: bigint;
}

export function hasMoney(instrument: ModelInstrument): boolean {
  return instrument.baseAsset !== 0;
}

/** A buy that is paid for may cost its worst price, so it has to say one. */
export function needsPrice(instrument: ModelInstrument, side: number): boolean {
  return hasMoney(instrument) && side === Side.Buy;
}

/** What an order reserves with so much of it open. */
function reserveOf(instrument: ModelInstrument, side: Side, price: number, leaves: number): Reserve {
  if (side === Side.Sell) {
    return { asset: instrument.baseAsset, amount: BigInt(leaves) * BigInt(instrument.baseUnit) };
  }
  const notional = leaves === 0 ? 0n : notionalOf(instrument, price, leaves);
  const fee = (notional * BigInt(instrument.feeCap)) / BigInt(FEE_WHOLE);
  return { asset: instrument.quoteAsset, amount: notional + fee };
}

function notionalOf(instrument: ModelInstrument, price: number, quantity: number): bigint {
  if (price === NO_PRICE) {
    throw new Error('No price is no price to pay.');
  }
  return BigInt(price) * BigInt(quantity) * BigInt(instrument.unit);
}

/** What all live orders of the account reserve of the asset. */
export function reserved(state: State, account: number, asset: number): bigint {
  let sum = 0n;
  for (const order of state.orders.values()) {
    const instrument = state.instrument(order.instrument);
    if (order.account === account && instrument !== undefined && hasMoney(instrument)) {
      const reserve = reserveOf(instrument, order.side, order.price, order.leaves);
      const shared = reservedByOther(instrument, order);
      // Of a pair the larger leg reserves; of equal ones that which came first.
      const isSpared =
        shared > reserve.amount || (shared === reserve.amount && (order.other?.id ?? order.id) < order.id);
      sum += reserve.asset === asset && !isSpared ? reserve.amount : 0n;
    }
  }
  return sum;
}

/** What the other leg of the same side reserves by itself. */
function reservedByOther(instrument: ModelInstrument, { side, other }: ModelOrder): bigint {
  return other?.side === side ? reserveOf(instrument, other.side, other.price, other.leaves).amount : 0n;
}

export function available(state: State, account: number, asset: number): bigint {
  return (state.purse(account, asset)?.holds ?? 0n) - reserved(state, account, asset);
}

/** Whether a new order of so much, or (with `old`) one in that one's place, can be paid. */
export function checkMoney(
  state: State,
  instrument: ModelInstrument,
  order: Pick<ModelOrder, 'account' | 'side'>,
  price: number,
  leaves: number,
  old?: ModelOrder,
): Refusal | undefined {
  if (!hasMoney(instrument)) {
    return undefined;
  }
  const { account, side } = order;
  const wanted = reserveOf(instrument, side, price, leaves);
  const shared = old === undefined ? 0n : reservedByOther(instrument, old);
  const before = old === undefined ? 0n : reserveOf(instrument, side, old.price, old.leaves).amount;
  const free = available(state, account, wanted.asset);
  if (larger(wanted.amount, shared) - larger(before, shared) > free) {
    return { reason: Reason.NotEnoughMoney, amount: Number(free) };
  }
  return undefined;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Room for the purses of an account that begins to trade in an instrument. */
export function checkPurses(state: State, instrument: ModelInstrument, account: number): Refusal | undefined {
  const { maxPurses } = state.limits;
  const count = accountPurses(state) + missingPurses(state, instrument, account).length;
  return count > maxPurses ? { reason: Reason.PursesFull, amount: maxPurses } : undefined;
}

/** Its first order there is accepted. */
export function openPurses(state: State, instrument: ModelInstrument, account: number): void {
  state.purses.push(...missingPurses(state, instrument, account));
}

function missingPurses(state: State, instrument: ModelInstrument, account: number): Purse[] {
  const assets = hasMoney(instrument) ? [instrument.baseAsset, instrument.quoteAsset] : [];
  return assets
    .filter((asset) => state.purse(account, asset) === undefined)
    .map((asset) => ({ account, asset, holds: 0n }));
}

/** The venue's own are there with their assets, and not counted. */
function accountPurses(state: State): number {
  return state.purses.filter(({ account }) => account !== VENUE).length;
}

/** Moves what a fill moves for one of its two orders, and says its fee. */
export function settle(
  state: State,
  instrument: ModelInstrument,
  order: ModelOrder,
  liquidity: Liquidity,
  price: number,
  quantity: number,
): bigint {
  if (!hasMoney(instrument)) {
    return 0n;
  }
  const { account, side } = order;
  const paid = notionalOf(instrument, price, quantity);
  const fee = feeNow(state, instrument, account, liquidity, paid);
  const gets = side === Side.Buy ? 1n : -1n;
  give(state, account, instrument.baseAsset, gets * BigInt(quantity) * BigInt(instrument.baseUnit));
  give(state, account, instrument.quoteAsset, -gets * paid - fee);
  give(state, VENUE, instrument.quoteAsset, fee);
  return fee;
}

/** What a fill of that worth costs the account now. */
export function feeNow(
  state: State,
  instrument: ModelInstrument,
  account: number,
  liquidity: Liquidity,
  paid: bigint,
): bigint {
  const fees = instrument.fees[state.account(account)?.limits.feeTier ?? 0];
  const rates = { [Liquidity.Maker]: fees?.maker, [Liquidity.Taker]: fees?.taker, [Liquidity.Auction]: fees?.auction };
  const rate = liquidity === Liquidity.None ? 0 : (rates[liquidity] ?? 0);
  return (paid * BigInt(rate)) / BigInt(FEE_WHOLE);
}

export function give(state: State, account: number, asset: number, amount: bigint): void {
  const purse = state.purse(account, asset);
  if (purse === undefined) {
    throw new Error(`Account ${account} has no purse of asset ${asset}.`);
  }
  purse.holds += amount;
}

/** Deposit and Withdraw, behind the checks of the sender. */
export function decideMove(state: State, command: PlainCommand, sender: Sender): Refusal | Work {
  const { kind, account, instrument: asset, quantity, displayQuantity, minQuantity } = command;
  const refusal = checkShardAndAsset(state, minQuantity, BigInt(asset));
  if (refusal !== undefined) {
    return refusal;
  }
  if (account !== VENUE && !state.hasAccount(account)) {
    return { reason: Reason.UnknownAccount };
  }
  const amount = BigInt.asIntN(64, (BigInt(displayQuantity) << 32n) | BigInt(quantity));
  if (amount <= 0n) {
    return { reason: Reason.AmountOutOfRange, amount: 1 };
  }
  const isDeposit = kind === CommandKind.Deposit;
  const refused = isDeposit
    ? checkDeposit(state, account, asset, amount)
    : checkWithdraw(state, account, asset, amount);
  return refused ?? { steps: move(state, sender, account, asset, isDeposit ? amount : -amount), instrument: 0 };
}

function checkDeposit(state: State, account: number, asset: number, amount: bigint): Refusal | undefined {
  const { limits, shardCount } = state;
  if (!checkRoomForPurse(state, account, asset)) {
    return { reason: Reason.PursesFull, amount: limits.maxPurses };
  }
  const room = MOST_SUPPLY / BigInt(shardCount) - state.supply(asset);
  return amount > room ? { reason: Reason.SupplyFull, amount: Number(room) } : undefined;
}

/** Whether an account has a purse of the asset, or there is room for one. */
export function checkRoomForPurse(state: State, account: number, asset: number): boolean {
  return state.purse(account, asset) !== undefined || accountPurses(state) < state.limits.maxPurses;
}

function checkWithdraw(state: State, account: number, asset: number, amount: bigint): Refusal | undefined {
  const free = available(state, account, asset);
  return amount > free ? { reason: Reason.NotEnoughMoney, amount: Number(free) } : undefined;
}

function* move(state: State, sender: Sender, account: number, asset: number, change: bigint): Steps {
  yield account === VENUE ? 1 : 2;
  if (state.purse(account, asset) === undefined) {
    state.purses.push({ account, asset, holds: 0n });
  }
  give(state, account, asset, change);
  state.changeSupply(asset, change);
  const said = { relatedId: sender.clientOrderId, amount: Number(change), instrument: asset };
  state.emit(change > 0n ? EventKind.Deposited : EventKind.Withdrawn, { ...sender, ...said, leaves: account });
  if (account !== VENUE) {
    state.emit(EventKind.BalanceChanged, { ...said, account });
  }
}

export function checkShardAndAsset(state: State, shard: number, asset: bigint): Refusal | undefined {
  if (shard !== state.shard) {
    return { reason: Reason.WrongShard };
  }
  return asset >= 1n && asset <= BigInt(state.assets.length) ? undefined : { reason: Reason.UnknownAsset };
}
