/**
 * A trade made void in the model: both sides do it once more the other way round, and the fees go back. And one that gets
 * another price: then they do it again, at that price. Any thread.
 */
import { MOST_BUSTS, MOST_POSITION } from '../../schemas/admin.js';
import { CommandKind, EventKind, Reason, Side } from '../../schemas/codes.js';
import { EVENT_AMOUNT, EVENT_WORDS, NO_PRICE } from '../../schemas/layout.js';
import { fillHolding, openIn } from './limits.js';
import { available, feeNow, give, hasMoney, VENUE } from './money.js';
import { type PlainCommand, type PlainEvent, readEvent, readId } from './plain-records.js';
import type { ModelInstrument, Refusal, Sender, State, Steps, Work } from './state.js';
import { isOnTick, nearestTick } from './ticks.js';

const MOST_LEDGER = 2n ** 52n;

interface Trade {
  readonly id: bigint;
  readonly fills: readonly PlainEvent[];
  readonly buy: PlainEvent;
  readonly sell: PlainEvent;
  readonly buyFee: bigint;
  readonly sellFee: bigint;
  /** What was paid, and how much of the base asset changed hands. */
  readonly paid: bigint;
  readonly base: bigint;
}

/** Behind the checks of shape, terms and sender. */
export function decideBust(state: State, command: PlainCommand, sender: Sender, bytes: Uint8Array): Refusal | Work {
  const instrument = state.instrument(command.instrument);
  if (instrument === undefined) {
    return { reason: Reason.UnknownInstrument };
  }
  if (instrument.shard !== state.shard) {
    return { reason: Reason.WrongShard };
  }
  const trade = tradeOf(state, instrument, command.targetId, bytes);
  if (trade === undefined) {
    return { reason: Reason.UnknownTrade };
  }
  if (state.busted.has(trade.id)) {
    return { reason: Reason.AlreadyBusted };
  }
  if (state.busted.size >= MOST_BUSTS) {
    return { reason: Reason.BustsFull, amount: MOST_BUSTS };
  }
  if (command.kind === CommandKind.Correction) {
    return decideCorrection(state, command, sender, instrument, trade);
  }
  const refusal = checkRoom(state, instrument, trade, 1) ?? checkMoney(state, instrument, trade);
  return refusal ?? { steps: bust(state, sender, instrument, trade), instrument: 0 };
}

function decideCorrection(
  state: State,
  command: PlainCommand,
  sender: Sender,
  instrument: ModelInstrument,
  trade: Trade,
): Refusal | Work {
  const { price } = command;
  if (price === NO_PRICE) {
    return { reason: Reason.PriceRequired };
  }
  const { priceMin, priceMax } = instrument;
  if (price < priceMin || price > priceMax) {
    return { reason: Reason.PriceOutOfRange, amount: price < priceMin ? priceMin : priceMax };
  }
  if (!isOnTick(instrument, price)) {
    return { reason: Reason.OffTick, amount: nearestTick(instrument, price, -1) };
  }
  if (price === trade.buy.price) {
    return { reason: Reason.PriceNotAllowed };
  }
  const full = checkRoom(state, instrument, trade, 2);
  if (full !== undefined) {
    return full;
  }
  const paid = BigInt(price) * BigInt(trade.buy.quantity) * BigInt(instrument.unit);
  const [buyFee, sellFee] = [trade.buy, trade.sell].map((fill) =>
    hasMoney(instrument) ? feeNow(state, instrument, fill.account, fill.liquidity, paid) : 0n,
  ) as [bigint, bigint];
  // What each owes for the new trade instead of the old one.
  const buyerOwes = paid + buyFee - trade.paid - trade.buyFee;
  const sellerOwes = trade.paid - trade.sellFee - (paid - sellFee);
  const refusal = hasMoney(instrument) ? checkOwed(state, instrument, trade, buyerOwes, sellerOwes) : undefined;
  return (
    refusal ?? { steps: correct(state, sender, instrument, trade, { price, paid, buyFee, sellFee }), instrument: 0 }
  );
}

function checkOwed(
  state: State,
  instrument: ModelInstrument,
  { buy, sell }: Trade,
  buyerOwes: bigint,
  sellerOwes: bigint,
): Refusal | undefined {
  const isOne = buy.account === sell.account;
  const owed = [
    [buy.account, isOne ? buyerOwes + sellerOwes : buyerOwes],
    [sell.account, isOne ? buyerOwes + sellerOwes : sellerOwes],
    [VENUE, -buyerOwes - sellerOwes],
  ] as const;
  for (const [account, amount] of owed) {
    const free = available(state, account, instrument.quoteAsset);
    if (amount > free) {
      return { reason: Reason.NotEnoughMoney, amount: Number(free) };
    }
  }
  return undefined;
}

function* correct(
  state: State,
  sender: Sender,
  instrument: ModelInstrument,
  trade: Trade,
  anew: { readonly price: number; readonly paid: bigint; readonly buyFee: bigint; readonly sellFee: bigint },
): Steps {
  yield 3;
  const { id, fills, buy, sell } = trade;
  const { price, paid, buyFee, sellFee } = anew;
  const { quantity } = buy;
  state.busted.add(id);
  for (const [account, side, at] of [
    [buy.account, Side.Sell, buy.price],
    [buy.account, Side.Buy, price],
    [sell.account, Side.Buy, buy.price],
    [sell.account, Side.Sell, price],
  ] as const) {
    const holding = state.holding(account, instrument.id);
    if (holding !== undefined) {
      fillHolding(holding, instrument, side, at, quantity);
    }
  }
  if (hasMoney(instrument)) {
    give(state, buy.account, instrument.quoteAsset, trade.paid + trade.buyFee - paid - buyFee);
    give(state, sell.account, instrument.quoteAsset, paid - sellFee - trade.paid + trade.sellFee);
    give(state, VENUE, instrument.quoteAsset, buyFee + sellFee - trade.buyFee - trade.sellFee);
  }
  const said = { relatedId: id, instrument: instrument.id, price, quantity };
  state.emit(EventKind.Corrected, { ...sender, ...said, amount: buy.price });
  for (const fill of fills) {
    const { account, orderId, clientOrderId, side } = fill;
    const amount = Number(fill === buy ? buyFee : sellFee);
    state.emit(EventKind.FillCorrected, { ...said, account, orderId, clientOrderId, amount, side });
  }
}

function tradeOf(state: State, instrument: ModelInstrument, id: bigint, bytes: Uint8Array): Trade | undefined {
  const words = new Int32Array(bytes.slice().buffer);
  const first = readEvent(words, 0);
  const second = readEvent(words, EVENT_WORDS);
  const fills = [first, second];
  const [buy, sell] = first.side === Side.Buy ? fills : [second, first];
  if (buy === undefined || sell === undefined || buy.side === sell.side) {
    return undefined;
  }
  const holds = fills.every(
    (fill, index) =>
      fill.kind === EventKind.Fill &&
      fill.relatedId === id &&
      fill.instrument === instrument.id &&
      fill.commandSequence === first.commandSequence &&
      fill.price === first.price &&
      fill.quantity === first.quantity &&
      readId(words, index * EVENT_WORDS) === id + BigInt(index) &&
      state.holding(fill.account, instrument.id) !== undefined,
  );
  const { price, quantity } = first;
  const isThere = id >= 1n && id + 1n <= BigInt(state.eventSequence);
  const inRange = price >= instrument.priceMin && price <= instrument.priceMax;
  if (!holds || !isThere || !inRange || quantity < 1 || quantity > instrument.quantityMax) {
    return undefined;
  }
  const paid = BigInt(price) * BigInt(quantity) * BigInt(instrument.unit);
  const feeOf = (fill: PlainEvent): bigint =>
    BigInt.asIntN(64, readId(words, (fill === first ? 0 : EVENT_WORDS) + EVENT_AMOUNT));
  const [buyFee, sellFee] = [feeOf(buy), feeOf(sell)];
  const most = hasMoney(instrument) ? paid : 0n;
  const feesHold = [buyFee, sellFee].every((fee) => fee <= most && fee >= -most) && buyFee + sellFee >= 0n;
  const base = BigInt(quantity) * BigInt(instrument.baseUnit);
  return feesHold ? { id, fills, buy, sell, buyFee, sellFee, paid, base } : undefined;
}

function checkRoom(
  state: State,
  instrument: ModelInstrument,
  { buy, sell }: Trade,
  moves: number,
): Refusal | undefined {
  const added = moves * buy.quantity * (buy.account === sell.account ? 2 : 1);
  const isFull = [buy.account, sell.account].some((account) => {
    const holding = state.holding(account, instrument.id);
    const { buys, sells } = openIn(state, account, instrument.id);
    const lots = BigInt(buys + sells + added);
    const largest = BigInt(Math.max(Math.abs(instrument.priceMin), Math.abs(instrument.priceMax)));
    const { position = 0n, cost = 0n, realised = 0n } = holding ?? {};
    const amount = size(cost) + size(realised) + lots * largest * BigInt(instrument.unit);
    return size(position) + lots > BigInt(MOST_POSITION) || amount > MOST_LEDGER;
  });
  return isFull ? { reason: Reason.LedgerFull } : undefined;
}

function checkMoney(state: State, instrument: ModelInstrument, trade: Trade): Refusal | undefined {
  if (!hasMoney(instrument)) {
    return undefined;
  }
  const { buy, sell, paid, base, buyFee, sellFee } = trade;
  const owed: [number, number, bigint][] =
    buy.account === sell.account
      ? []
      : [
          [buy.account, instrument.baseAsset, base],
          [sell.account, instrument.quoteAsset, paid - sellFee],
        ];
  owed.push([VENUE, instrument.quoteAsset, buyFee + sellFee]);
  for (const [account, asset, amount] of owed) {
    const free = available(state, account, asset);
    if (free < amount) {
      return { reason: Reason.NotEnoughMoney, amount: Number(free) };
    }
  }
  return undefined;
}

function* bust(state: State, sender: Sender, instrument: ModelInstrument, trade: Trade): Steps {
  yield 3;
  const { id, fills, buy, sell, buyFee, sellFee, paid, base } = trade;
  const { price, quantity } = buy;
  state.busted.add(id);
  for (const [account, side] of [
    [buy.account, Side.Sell],
    [sell.account, Side.Buy],
  ] as const) {
    const holding = state.holding(account, instrument.id);
    if (holding !== undefined) {
      fillHolding(holding, instrument, side, price, quantity);
    }
  }
  if (hasMoney(instrument)) {
    give(state, buy.account, instrument.quoteAsset, paid + buyFee);
    give(state, buy.account, instrument.baseAsset, -base);
    give(state, sell.account, instrument.quoteAsset, sellFee - paid);
    give(state, sell.account, instrument.baseAsset, base);
    give(state, VENUE, instrument.quoteAsset, -buyFee - sellFee);
  }
  const said = { relatedId: id, instrument: instrument.id, price, quantity };
  state.emit(EventKind.Busted, { ...sender, ...said });
  for (const { account, orderId, clientOrderId, amount, side } of fills) {
    state.emit(EventKind.FillBusted, { ...said, account, orderId, clientOrderId, amount, side });
  }
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
