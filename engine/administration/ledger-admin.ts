/**
 * Admin records about money and limits: assets, fees of an instrument, limits of an account. admin.ts has looked at sender
 * and number.
 * The shard's thread; cold.
 */

import type { AssetTermsFields, FeeTermsFields, LimitTermsFields } from '../../schemas/admin.js';
import { LAST_FEE_TIER } from '../../schemas/admin.js';
import { EventKind, Reason } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_INSTRUMENT,
  EVENT_INSTRUMENT,
  EVENT_LEAVES,
  EVENT_QUANTITY,
} from '../../schemas/layout.js';
import { ANY_ORDERS } from '../ledger/ledger.js';
import {
  FEE_AUCTION,
  FEE_MAKER,
  FEE_SHIFT,
  FEE_TAKER,
  FEE_TIER_SHIFT,
  LIMIT_BURST,
  LIMIT_NOTIONAL,
  LIMIT_POSITION,
  LIMIT_RATE,
  LIMIT_SHIFT,
  LIMIT_TIME,
  LIMIT_TOKENS,
  TOKEN,
  WORTH_FEE_CAP,
  WORTH_SHIFT,
} from '../ledger/ledger-words.js';
import {
  ACCOUNT_FEE_TIER,
  ACCOUNT_OPEN_ORDERS_MAX,
  ACCOUNT_QUANTITY_MAX,
  ACCOUNT_RATED,
  ACCOUNT_SHIFT,
  INSTRUMENT_QUOTE_ASSET,
  INSTRUMENT_SHIFT,
} from '../registry-words.js';
import { NO_ORDER, refuse } from '../state/checks.js';
import type { EngineState } from '../state/state.js';
import { answer, hasLogRoom } from './admin-answer.js';

export function addAsset(
  state: EngineState,
  words: Int32Array,
  at: number,
  parts: number,
  name: AssetTermsFields['name'],
): void {
  const registry = state.registry;
  const bytes = new TextEncoder().encode(name);
  if (registry.findAsset(bytes) !== 0) {
    refuse(state, words, at, Reason.AlreadyExists, 0, NO_ORDER);
    return;
  }
  if (registry.assetCount === registry.maxAssets) {
    refuse(state, words, at, Reason.AssetsFull, registry.maxAssets, NO_ORDER);
    return;
  }
  if (!hasLogRoom(state, words, at, parts)) return;
  const asset = registry.addAsset(bytes);
  const to = answer(state, words, at, parts, EventKind.AssetAdded);
  state.events[to + EVENT_QUANTITY] = asset;
}

export function setFees(state: EngineState, words: Int32Array, at: number, parts: number, terms: FeeTermsFields): void {
  const instrument = (words[at + COMMAND_INSTRUMENT] as number) >>> 0;
  if (!state.registry.hasInstrument(instrument)) {
    refuse(state, words, at, Reason.UnknownInstrument, 0, NO_ORDER);
    return;
  }
  if (!feesHold(state, instrument, terms)) {
    refuse(state, words, at, Reason.TermsOutOfRange, 0, NO_ORDER);
    return;
  }
  if (!hasLogRoom(state, words, at, parts)) return;
  const feeAt = ((instrument << FEE_TIER_SHIFT) + terms.tier) << FEE_SHIFT;
  const { fees } = state.ledger;
  fees[feeAt + FEE_MAKER] = terms.maker;
  fees[feeAt + FEE_TAKER] = terms.taker;
  fees[feeAt + FEE_AUCTION] = terms.auction;
  const to = answer(state, words, at, parts, EventKind.FeesSet);
  state.events[to + EVENT_INSTRUMENT] = instrument;
  state.events[to + EVENT_QUANTITY] = terms.tier;
}

/** No fee is above the cap, and whoever meets whom, the venue pays nothing. */
function feesHold(state: EngineState, instrument: number, terms: FeeTermsFields): boolean {
  if (state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_QUOTE_ASSET] === 0) return false;
  const cap = state.ledger.worth[(instrument << WORTH_SHIFT) + WORTH_FEE_CAP] as number;
  if (terms.maker > cap || terms.taker > cap || terms.auction > cap) return false;
  let leastMaker = terms.maker;
  let leastTaker = terms.taker;
  for (let tier = 0; tier <= LAST_FEE_TIER; tier++) {
    if (tier === terms.tier) continue;
    const feeAt = ((instrument << FEE_TIER_SHIFT) + tier) << FEE_SHIFT;
    leastMaker = Math.min(leastMaker, state.ledger.fees[feeAt + FEE_MAKER] as number);
    leastTaker = Math.min(leastTaker, state.ledger.fees[feeAt + FEE_TAKER] as number);
  }
  return leastMaker + leastTaker >= 0;
}

export function setLimits(
  state: EngineState,
  words: Int32Array,
  at: number,
  parts: number,
  terms: LimitTermsFields,
): void {
  const account = (words[at + COMMAND_ACCOUNT] as number) >>> 0;
  if (!state.registry.hasAccount(account)) {
    refuse(state, words, at, Reason.UnknownAccount, 0, NO_ORDER);
    return;
  }
  if (!hasLogRoom(state, words, at, parts)) return;
  const accountAt = account << ACCOUNT_SHIFT;
  const limitAt = account << LIMIT_SHIFT;
  const { accounts, accountLimits: limits } = state;
  accounts[accountAt + ACCOUNT_FEE_TIER] = terms.feeTier;
  accounts[accountAt + ACCOUNT_QUANTITY_MAX] = terms.orderQuantity;
  accounts[accountAt + ACCOUNT_OPEN_ORDERS_MAX] =
    terms.openOrders === 0 ? ANY_ORDERS : Math.min(terms.openOrders, ANY_ORDERS);
  accounts[accountAt + ACCOUNT_RATED] = terms.rate === 0 ? 0 : 1;
  limits[limitAt + LIMIT_NOTIONAL] = orNone(terms.orderNotional);
  limits[limitAt + LIMIT_POSITION] = orNone(terms.position);
  limits[limitAt + LIMIT_RATE] = terms.rate;
  limits[limitAt + LIMIT_BURST] = terms.burst * TOKEN;
  limits[limitAt + LIMIT_TOKENS] = terms.burst * TOKEN;
  limits[limitAt + LIMIT_TIME] = (state.timeHigh >>> 0) * 4294967296 + (state.timeLow >>> 0);
  state.ledger.spreadLimits(account);
  const to = answer(state, words, at, parts, EventKind.LimitsSet);
  state.events[to + EVENT_LEAVES] = account;
}

function orNone(limit: number): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
}
