/**
 * Admin records: instruments, accounts and keys, numbered by shard 0 and applied in that order by every shard. A record
 * is a head and its Parts, taken together or not at all.
 * Shard 0 takes them from sessions and writes them to the admin log; the others take them from the supervisor alone.
 * The shard's thread; cold.
 */

import { ANY_SHARD, decodeTerms, type Terms } from '../../schemas/admin.js';
import { CommandKind, EventKind, Reason } from '../../schemas/codes.js';
import { needsParts } from '../../schemas/kinds.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_INSTRUMENT,
  EVENT_LEAVES,
  EVENT_QUANTITY,
  NO_PRICE,
} from '../../schemas/layout.js';
import { WORTH_BASE_UNIT, WORTH_FEE_CAP, WORTH_LOT, WORTH_SHIFT, WORTH_UNIT } from '../ledger/ledger-words.js';
import { mostQuantity } from '../limits.js';
import {
  INSTRUMENT_KILLED,
  INSTRUMENT_SHIFT,
  KEY_ACCOUNT,
  KEY_REVOKED,
  KEY_SHIFT,
  KILLED_WITH_ALL,
} from '../registry-words.js';
import { checkSender, NO_ORDER, refuse } from '../state/checks.js';
import type { EngineState } from '../state/state.js';
import { answer, hasLogRoom } from './admin-answer.js';
import { addAsset, setFees, setLimits } from './ledger-admin.js';

const PART = CommandKind.Part;
/** Price × quantity × unit of an instrument stay below this, so that sums of them are exact doubles. */
const MAX_NOTIONAL = 2 ** 50;

/**
 * How many Parts behind the head at word `at` belong to it, before word `end`: the longest run with its operation id and
 * numbered from 0, as long as the first of them says. They share the head's fate, whatever that is.
 */
export function countParts(words: Int32Array, at: number, end: number): number {
  if (!needsParts((words[at + COMMAND_KIND_WORD] as number) & 0xff)) return 0;
  let run = 0;
  let count = 1;
  for (let part = at + COMMAND_WORDS; run < count && part + COMMAND_WORDS <= end; part += COMMAND_WORDS) {
    if (((words[part + COMMAND_KIND_WORD] as number) & 0xff) !== PART) break;
    if (words[part] !== words[at] || words[part + 1] !== words[at + 1]) break;
    const place = words[part + COMMAND_TARGET_ID] as number;
    const here = (place >>> 8) & 0xff;
    if ((place & 0xff) !== run || (run > 0 && here !== count)) break;
    count = here;
    run++;
  }
  return run;
}

/** Applies an admin record whose head's shape is right and behind which `parts` Parts lie. */
export function applyAdmin(state: EngineState, words: Int32Array, at: number, kind: number, parts: number): void {
  if (state.shard === 0 && words[at + COMMAND_QUANTITY] !== 0) {
    refuse(state, words, at, Reason.FieldNotZero, 0, NO_ORDER);
    return;
  }
  let terms: Terms | number = 0;
  if (needsParts(kind)) {
    terms = decodeTerms(words, at, parts + 1);
    if (typeof terms === 'number') {
      refuse(state, words, at, terms, 0, NO_ORDER);
      return;
    }
  }
  const session = words[at + COMMAND_SESSION] as number;
  if (session !== 0 && state.shard !== 0) {
    refuse(state, words, at, Reason.NotAllowed, 0, NO_ORDER);
    return;
  }
  if (session !== 0 && !checkSender(state, words, at, false)) return;
  if (state.shard !== 0) {
    const number = (words[at + COMMAND_QUANTITY] as number) >>> 0;
    const applied = state.registry.adminNumber;
    if (number !== applied + 1) {
      refuse(state, words, at, number <= applied ? Reason.AlreadyExists : Reason.NotReady, 0, NO_ORDER);
      return;
    }
  }
  if (typeof terms === 'number') {
    revokeKey(state, words, at);
  } else if (terms.type === 'fees') {
    setFees(state, words, at, parts, terms);
  } else if (terms.type === 'limits') {
    setLimits(state, words, at, parts, terms);
  } else if (terms.type === 'asset') {
    addAsset(state, words, at, parts, terms.name);
  } else if (terms.type === 'instrument') {
    addInstrument(state, words, at, parts, terms);
  } else if (terms.type === 'account') {
    addAccount(state, words, at, parts, terms.selfTradeGroup);
  } else if (terms.type === 'key') {
    addKey(state, words, at, parts, terms.rights, terms.publicKey);
  }
}

function addInstrument(
  state: EngineState,
  words: Int32Array,
  at: number,
  parts: number,
  terms: Terms & { readonly type: 'instrument' },
): void {
  const registry = state.registry;
  const symbol = new TextEncoder().encode(terms.symbol);
  const largestPrice = Math.max(Math.abs(terms.priceMin), Math.abs(terms.priceMax));
  // Divided, not multiplied: the product of three 32-bit numbers is not exact.
  const fits =
    largestPrice * terms.quantityMax <= MAX_NOTIONAL / terms.unit && terms.quantityMax * terms.baseUnit <= MAX_NOTIONAL;
  const adds = terms.quantityMax <= mostQuantity(state.limits.maxOrders);
  if (!fits || !adds || (terms.shard !== ANY_SHARD && terms.shard >= state.shardCount)) {
    refuse(state, words, at, Reason.TermsOutOfRange, 0, NO_ORDER);
    return;
  }
  if (terms.quoteAsset !== 0 && !(registry.hasAsset(terms.baseAsset) && registry.hasAsset(terms.quoteAsset))) {
    refuse(state, words, at, Reason.UnknownAsset, 0, NO_ORDER);
    return;
  }
  if (registry.findSymbol(symbol) !== 0) {
    refuse(state, words, at, Reason.AlreadyExists, 0, NO_ORDER);
    return;
  }
  if (registry.instrumentCount === registry.maxInstruments) {
    refuse(state, words, at, Reason.InstrumentsFull, registry.maxInstruments, NO_ORDER);
    return;
  }
  if (!hasLogRoom(state, words, at, parts)) return;
  const shard = terms.shard === ANY_SHARD ? registry.instrumentCount % state.shardCount : terms.shard;
  const instrument = registry.addInstrument({
    symbol,
    shard,
    priceMin: terms.priceMin,
    priceMax: terms.priceMax,
    quantityMax: terms.quantityMax,
    unit: terms.unit,
    referencePrice: terms.referencePrice ?? NO_PRICE,
    staticBand: terms.staticBand,
    ticks: terms.ticks,
    baseAsset: terms.baseAsset,
    quoteAsset: terms.quoteAsset,
    auctionSelfTrade: terms.auctionSelfTrade,
    dynamicBand: terms.dynamicBand,
    bandAuction: terms.bandAuction,
  });
  const { worth } = state.ledger;
  const worthAt = instrument << WORTH_SHIFT;
  if (state.killed !== 0) state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_KILLED] = KILLED_WITH_ALL;
  worth[worthAt + WORTH_LOT] = largestPrice * terms.unit;
  worth[worthAt + WORTH_UNIT] = terms.unit;
  worth[worthAt + WORTH_BASE_UNIT] = terms.baseUnit;
  worth[worthAt + WORTH_FEE_CAP] = terms.feeCap;
  state.books.open(instrument);
  const to = answer(state, words, at, parts, EventKind.InstrumentAdded);
  state.events[to + EVENT_INSTRUMENT] = instrument;
  state.events[to + EVENT_QUANTITY] = shard;
}

function addAccount(state: EngineState, words: Int32Array, at: number, parts: number, selfTradeGroup: number): void {
  const registry = state.registry;
  if (registry.accountCount === registry.maxAccounts) {
    refuse(state, words, at, Reason.AccountsFull, registry.maxAccounts, NO_ORDER);
    return;
  }
  if (!hasLogRoom(state, words, at, parts)) return;
  const account = registry.addAccount(selfTradeGroup);
  state.ledger.openAccount(account);
  const to = answer(state, words, at, parts, EventKind.AccountAdded);
  state.events[to + EVENT_LEAVES] = account;
}

function addKey(
  state: EngineState,
  words: Int32Array,
  at: number,
  parts: number,
  rights: number,
  publicKey: Uint8Array,
): void {
  const registry = state.registry;
  const account = (words[at + COMMAND_ACCOUNT] as number) >>> 0;
  if (!registry.hasAccount(account)) {
    refuse(state, words, at, Reason.UnknownAccount, 0, NO_ORDER);
    return;
  }
  if (registry.keyCount === registry.maxKeys) {
    refuse(state, words, at, Reason.KeysFull, registry.maxKeys, NO_ORDER);
    return;
  }
  if (!hasLogRoom(state, words, at, parts)) return;
  const key = registry.addKey(account, rights, publicKey);
  const to = answer(state, words, at, parts, EventKind.KeyAdded);
  state.events[to + EVENT_QUANTITY] = key;
  state.events[to + EVENT_LEAVES] = account;
}

function revokeKey(state: EngineState, words: Int32Array, at: number): void {
  const registry = state.registry;
  const key = (words[at + COMMAND_TARGET_ID] as number) >>> 0;
  if (words[at + COMMAND_TARGET_ID + 1] !== 0 || !registry.hasKey(key)) {
    refuse(state, words, at, Reason.UnknownKey, 0, NO_ORDER);
    return;
  }
  const keyAt = key << KEY_SHIFT;
  if (registry.keys[keyAt + KEY_REVOKED] !== 0) {
    refuse(state, words, at, Reason.KeyRevoked, 0, NO_ORDER);
    return;
  }
  if (!hasLogRoom(state, words, at, 0)) return;
  registry.keys[keyAt + KEY_REVOKED] = 1;
  const to = answer(state, words, at, 0, EventKind.KeyRevoked);
  state.events[to + EVENT_QUANTITY] = key;
  state.events[to + EVENT_LEAVES] = registry.keys[keyAt + KEY_ACCOUNT] as number;
}
