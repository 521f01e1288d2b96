/**
 * Instruments, accounts, keys and assets in the model, their fees and limits. Any thread.
 */
import {
  type AccountTermsFields,
  ANY_SHARD,
  type FeeTermsFields,
  type InstrumentTermsFields,
  LAST_FEE_TIER,
  type LimitTermsFields,
  type Terms,
} from '../../schemas/admin.js';
import { EventKind, Phase, Reason } from '../../schemas/codes.js';
import { COMMAND_BYTES, NO_PRICE } from '../../schemas/layout.js';
import { Book } from './book.js';
import { Bucket } from './bucket.js';
import { hasMoney, VENUE } from './money.js';
import type { PlainCommand } from './plain-records.js';
import type { ModelInstrument, Refusal, Sender, State } from './state.js';

/** Price times quantity times unit stays an exact double, with room for sums. */
const MAX_AMOUNT = 2n ** 50n;
const NO_LIMITS: LimitTermsFields = {
  orderQuantity: 0,
  orderNotional: 0,
  openOrders: 0,
  position: 0,
  rate: 0,
  burst: 0,
  feeTier: 0,
};

/**
 * Applies an admin record of `records` records (head and Parts), or says why not. `terms`: what the Parts hold, well
 * formed; undefined for a record without Parts.
 */
export function administer(
  state: State,
  command: PlainCommand,
  sender: Sender,
  terms: Terms | undefined,
  records: number,
): Refusal | undefined {
  if (state.shard !== 0 && command.quantity !== state.adminNumber + 1) {
    return { reason: command.quantity <= state.adminNumber ? Reason.AlreadyExists : Reason.NotReady };
  }
  const answer = { ...sender, relatedId: sender.clientOrderId, endOfCommand: true };
  const refusal = add(state, command, terms, records, answer);
  if (refusal === undefined) {
    state.adminNumber += 1;
    state.adminLogBytes += records * COMMAND_BYTES;
  }
  return refusal;
}

type Answer = Sender & { readonly relatedId: bigint; readonly endOfCommand: boolean };

function add(
  state: State,
  command: PlainCommand,
  terms: Terms | undefined,
  records: number,
  answer: Answer,
): Refusal | undefined {
  if (terms === undefined) {
    return revokeKey(state, command.targetId, records, answer);
  }
  switch (terms.type) {
    case 'instrument':
      return addInstrument(state, terms, records, answer);
    case 'account':
      return addAccount(state, terms, records, answer);
    case 'key':
      return addKey(state, command.account, records, answer);
    case 'fees':
      return setFees(state, command.instrument, terms, records, answer);
    case 'limits':
      return setLimits(state, command, terms, records, answer);
    case 'asset':
      return addAsset(state, terms.name, records, answer);
    case 'note':
    case 'bust':
      throw new Error(`There is no admin record with terms of a ${terms.type}.`);
  }
}

function addInstrument(
  state: State,
  terms: InstrumentTermsFields,
  records: number,
  answer: Answer,
): Refusal | undefined {
  const { instruments, limits, shardCount } = state;
  if (!areInRange(terms, shardCount)) {
    return { reason: Reason.TermsOutOfRange };
  }
  const { baseAsset, quoteAsset } = terms;
  if (Math.max(baseAsset, quoteAsset) > state.assets.length) {
    return { reason: Reason.UnknownAsset };
  }
  if (instruments.some((one) => one.symbol === terms.symbol)) {
    return { reason: Reason.AlreadyExists };
  }
  if (instruments.length >= limits.maxInstruments) {
    return { reason: Reason.InstrumentsFull, amount: limits.maxInstruments };
  }
  if (isLogFull(state, records)) {
    return { reason: Reason.AdminLogFull, amount: limits.adminLogBytes };
  }
  const id = instruments.length + 1;
  const shard = terms.shard === ANY_SHARD ? (id - 1) % shardCount : terms.shard;
  const instrument: ModelInstrument = {
    id,
    symbol: terms.symbol,
    shard,
    priceMin: terms.priceMin,
    priceMax: terms.priceMax,
    quantityMax: terms.quantityMax,
    reference: terms.referencePrice ?? NO_PRICE,
    staticBand: terms.staticBand,
    ticks: terms.ticks,
    auctionSelfTrade: terms.auctionSelfTrade,
    dynamicBand: terms.dynamicBand,
    bandAuction: terms.bandAuction,
    frozen: { command: 0, price: undefined },
    interrupted: false,
    unit: terms.unit,
    baseAsset,
    quoteAsset,
    baseUnit: terms.baseUnit,
    feeCap: terms.feeCap,
    fees: Array.from({ length: LAST_FEE_TIER + 1 }, (_, tier) => ({ tier, maker: 0, taker: 0, auction: 0 })),
    killed: false,
    phase: Phase.Closed,
    book: new Book(),
    stops: [],
    triggered: [],
    trades: [],
    last: undefined,
    tracked: undefined,
  };
  instruments.push(instrument);
  state.emit(EventKind.InstrumentAdded, { ...answer, instrument: id, quantity: shard });
  return undefined;
}

/** What the terms alone cannot tell: the shard exists, and no order is worth more than can be counted exactly. */
function areInRange(terms: InstrumentTermsFields, shardCount: number): boolean {
  const { shard, priceMin, priceMax, quantityMax, unit, baseUnit } = terms;
  const largest = BigInt(Math.max(Math.abs(priceMin), Math.abs(priceMax))) * BigInt(quantityMax) * BigInt(unit);
  const mostBase = BigInt(quantityMax) * BigInt(baseUnit);
  return (shard === ANY_SHARD || shard < shardCount) && largest <= MAX_AMOUNT && mostBase <= MAX_AMOUNT;
}

function addAccount(state: State, terms: AccountTermsFields, records: number, answer: Answer): Refusal | undefined {
  const { accounts, limits } = state;
  if (accounts.length >= limits.maxAccounts) {
    return { reason: Reason.AccountsFull, amount: limits.maxAccounts };
  }
  if (isLogFull(state, records)) {
    return { reason: Reason.AdminLogFull, amount: limits.adminLogBytes };
  }
  accounts.push({
    selfTradeGroup: terms.selfTradeGroup,
    limits: NO_LIMITS,
    bucket: new Bucket(),
    killed: false,
  });
  state.emit(EventKind.AccountAdded, { ...answer, leaves: accounts.length });
  return undefined;
}

function addKey(state: State, account: number, records: number, answer: Answer): Refusal | undefined {
  const { keys, limits } = state;
  if (!state.hasAccount(account)) {
    return { reason: Reason.UnknownAccount };
  }
  if (keys.length >= limits.maxKeys) {
    return { reason: Reason.KeysFull, amount: limits.maxKeys };
  }
  if (isLogFull(state, records)) {
    return { reason: Reason.AdminLogFull, amount: limits.adminLogBytes };
  }
  keys.push({ account, revoked: false });
  state.emit(EventKind.KeyAdded, { ...answer, quantity: keys.length, leaves: account });
  return undefined;
}

function revokeKey(state: State, keyId: bigint, records: number, answer: Answer): Refusal | undefined {
  const key = keyId >= 1n && keyId <= BigInt(state.keys.length) ? state.keys[Number(keyId) - 1] : undefined;
  if (key === undefined) {
    return { reason: Reason.UnknownKey };
  }
  if (key.revoked) {
    return { reason: Reason.KeyRevoked };
  }
  if (isLogFull(state, records)) {
    return { reason: Reason.AdminLogFull, amount: state.limits.adminLogBytes };
  }
  key.revoked = true;
  state.emit(EventKind.KeyRevoked, { ...answer, quantity: Number(keyId), leaves: key.account });
  return undefined;
}

function addAsset(state: State, name: string, records: number, answer: Answer): Refusal | undefined {
  const { assets, limits } = state;
  if (assets.includes(name)) {
    return { reason: Reason.AlreadyExists };
  }
  if (assets.length >= limits.maxAssets) {
    return { reason: Reason.AssetsFull, amount: limits.maxAssets };
  }
  if (isLogFull(state, records)) {
    return { reason: Reason.AdminLogFull, amount: limits.adminLogBytes };
  }
  assets.push(name);
  state.purses.push({ account: VENUE, asset: assets.length, holds: 0n });
  state.emit(EventKind.AssetAdded, { ...answer, quantity: assets.length });
  return undefined;
}

function setFees(
  state: State,
  id: number,
  terms: FeeTermsFields,
  records: number,
  answer: Answer,
): Refusal | undefined {
  const instrument = state.instrument(id);
  if (instrument === undefined) {
    return { reason: Reason.UnknownInstrument };
  }
  const fees = instrument.fees.with(terms.tier, terms);
  const aboveCap = [terms.maker, terms.taker, terms.auction].some((fee) => fee > instrument.feeCap);
  const venuePays = fees.some(({ maker }) => fees.some(({ taker }) => maker + taker < 0));
  if (!hasMoney(instrument) || aboveCap || venuePays) {
    return { reason: Reason.TermsOutOfRange };
  }
  if (isLogFull(state, records)) {
    return { reason: Reason.AdminLogFull, amount: state.limits.adminLogBytes };
  }
  instrument.fees[terms.tier] = terms;
  state.emit(EventKind.FeesSet, { ...answer, instrument: id, quantity: terms.tier });
  return undefined;
}

function setLimits(
  state: State,
  command: PlainCommand,
  terms: LimitTermsFields,
  records: number,
  answer: Answer,
): Refusal | undefined {
  const account = state.account(command.account);
  if (account === undefined) {
    return { reason: Reason.UnknownAccount };
  }
  if (isLogFull(state, records)) {
    return { reason: Reason.AdminLogFull, amount: state.limits.adminLogBytes };
  }
  account.limits = terms;
  account.bucket.fill(BigInt(terms.burst), command.timeUs);
  state.emit(EventKind.LimitsSet, { ...answer, leaves: command.account });
  return undefined;
}

/** Only shard 0 keeps a log. */
function isLogFull(state: State, records: number): boolean {
  return state.shard === 0 && state.adminLogBytes + records * COMMAND_BYTES > state.limits.adminLogBytes;
}
