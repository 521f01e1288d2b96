/**
 * Deposits and withdrawals of one shard's purses, and what an account may ask about its own: a position, a balance.
 * The shard's thread.
 */

import { CommandKind, EventKind, Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { joinWords } from '../../schemas/layout.js';
import {
  HOLDING_COST,
  HOLDING_POSITION,
  HOLDING_REALISED,
  HOLDING_SHIFT,
  PURSE_AVAILABLE,
  PURSE_RESERVED,
  PURSE_SHIFT,
} from '../ledger/ledger-words.js';
import { INSTRUMENT_SHARD, INSTRUMENT_SHIFT } from '../registry-words.js';
import { checkSender, laneAccount, NO_ORDER, refuse } from '../state/checks.js';
import { type EngineState, writeEvent } from '../state/state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  EVENT_AMOUNT,
  EVENT_LEAVES,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
} = layout;

const DEPOSIT = CommandKind.Deposit;
/** Below 2^53 by more than any trade: of one between orders of one account the buy gets before the sell gives. */
export const MOST_SUPPLY = 2 ** 53 - 2 ** 51;
const HALF = 4294967296;

/** Applies a Deposit or Withdraw whose shape is right. */
export function applyMoneyMove(state: EngineState, words: Int32Array, at: number): void {
  if (!checkSender(state, words, at, false)) return;
  const asset = (words[at + COMMAND_INSTRUMENT] as number) >>> 0;
  const account = (words[at + COMMAND_ACCOUNT] as number) >>> 0;
  if (!checkShardAndAsset(state, words, at, asset)) return;
  if (account !== 0 && !state.registry.hasAccount(account)) {
    refuse(state, words, at, Reason.UnknownAccount, 0, NO_ORDER);
    return;
  }
  const amount = amountOf(words, at);
  if (amount <= 0) {
    refuse(state, words, at, Reason.AmountOutOfRange, 1, NO_ORDER);
    return;
  }
  const deposits = ((words[at + COMMAND_KIND_WORD] as number) & 0xff) === DEPOSIT;
  if (!(deposits ? checkDeposit(state, words, at, account, asset, amount) : checkWithdraw(state, words, at, amount))) {
    return;
  }
  const change = deposits ? amount : 0 - amount;
  addAvailable(state, account, asset, change);
  state.ledger.supply[asset] = (state.ledger.supply[asset] as number) + change;
  const session = words[at + COMMAND_SESSION] as number;
  const low = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  const high = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  const sender = laneAccount(state, session);
  const to = writeEvent(state, sender, session, low, high, asset, deposits ? EventKind.Deposited : EventKind.Withdrawn);
  setAmount(state, to + EVENT_AMOUNT, change);
  state.events[to + EVENT_RELATED_ID] = low;
  state.events[to + EVENT_RELATED_ID + 1] = high;
  state.events[to + EVENT_LEAVES] = account;
  if (account === 0) return;
  const told = writeEvent(state, account, 0, 0, 0, asset, EventKind.BalanceChanged);
  setAmount(state, told + EVENT_AMOUNT, change);
  state.events[told + EVENT_RELATED_ID] = low;
  state.events[told + EVENT_RELATED_ID + 1] = high;
}

/** The amount of a command that moves money, with its sign. */
export function amountOf(words: Int32Array, at: number): number {
  return (words[at + COMMAND_DISPLAY_QUANTITY] as number) * HALF + ((words[at + COMMAND_QUANTITY] as number) >>> 0);
}

function checkShardAndAsset(state: EngineState, words: Int32Array, at: number, asset: number): boolean {
  if ((words[at + COMMAND_MIN_QUANTITY] as number) >>> 0 !== state.shard) {
    return refuse(state, words, at, Reason.WrongShard, 0, NO_ORDER);
  }
  return state.registry.hasAsset(asset) || refuse(state, words, at, Reason.UnknownAsset, 0, NO_ORDER);
}

function checkDeposit(
  state: EngineState,
  words: Int32Array,
  at: number,
  account: number,
  asset: number,
  amount: number,
): boolean {
  const { ledger } = state;
  if (account !== 0 && !ledger.hasPurseRoom(account, asset, 0)) {
    return refuse(state, words, at, Reason.PursesFull, ledger.purses.capacity, NO_ORDER);
  }
  const room = Math.floor(MOST_SUPPLY / state.shardCount) - (ledger.supply[asset] as number);
  return amount <= room || refuse(state, words, at, Reason.SupplyFull, room, NO_ORDER);
}

function checkWithdraw(state: EngineState, words: Int32Array, at: number, amount: number): boolean {
  const asset = words[at + COMMAND_INSTRUMENT] as number;
  const available = availableOf(state, words[at + COMMAND_ACCOUNT] as number, asset);
  return amount <= available || refuse(state, words, at, Reason.NotEnoughMoney, available, NO_ORDER);
}

/** What an account, or the venue (0), has available of an asset. */
export function availableOf(state: EngineState, account: number, asset: number): number {
  if (account === 0) return state.ledger.venue[asset] as number;
  const purse = state.ledger.findPurse(account, asset);
  return purse < 0 ? 0 : (state.purseSums[(purse << PURSE_SHIFT) + PURSE_AVAILABLE] as number);
}

export function addAvailable(state: EngineState, account: number, asset: number, change: number): void {
  const { ledger } = state;
  if (account === 0) {
    ledger.venue[asset] = (ledger.venue[asset] as number) + change;
    return;
  }
  const at = (ledger.purseOf(account, asset) << PURSE_SHIFT) + PURSE_AVAILABLE;
  state.purseSums[at] = (state.purseSums[at] as number) + change;
}

/** Applies an AccountStatus of right shape: about an instrument, or about an asset. */
export function applyAccountStatus(state: EngineState, words: Int32Array, at: number): void {
  const instrument = (words[at + COMMAND_INSTRUMENT] as number) >>> 0;
  const asset = joinWords(words[at + COMMAND_TARGET_ID] as number, words[at + COMMAND_TARGET_ID + 1] as number);
  if ((instrument === 0) === (asset === 0) || (instrument !== 0 && words[at + COMMAND_MIN_QUANTITY] !== 0)) {
    refuse(state, words, at, Reason.FieldNotZero, 0, NO_ORDER);
    return;
  }
  if (!checkSender(state, words, at, true)) return;
  if (instrument === 0) tellBalance(state, words, at, asset);
  else tellPosition(state, words, at, instrument);
}

function tellBalance(state: EngineState, words: Int32Array, at: number, asset: number): void {
  if (!checkShardAndAsset(state, words, at, asset)) return;
  const purse = state.ledger.findPurse(words[at + COMMAND_ACCOUNT] as number, asset);
  const to = writeStatus(state, words, at, asset, EventKind.BalanceState);
  if (purse < 0) return;
  setAmount(state, to + EVENT_AMOUNT, state.purseSums[(purse << PURSE_SHIFT) + PURSE_AVAILABLE] as number);
  setAmount(state, to + EVENT_RELATED_ID, state.purseSums[(purse << PURSE_SHIFT) + PURSE_RESERVED] as number);
}

function tellPosition(state: EngineState, words: Int32Array, at: number, instrument: number): void {
  if (!state.registry.hasInstrument(instrument)) {
    refuse(state, words, at, Reason.UnknownInstrument, 0, NO_ORDER);
    return;
  }
  if (state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_SHARD] !== state.shard) {
    refuse(state, words, at, Reason.WrongShard, 0, NO_ORDER);
    return;
  }
  const holding = state.ledger.findHolding(words[at + COMMAND_ACCOUNT] as number, instrument);
  const to = writeStatus(state, words, at, instrument, EventKind.PositionState);
  if (holding < 0) return;
  const sums = state.holdingSums;
  const holdingAt = holding << HOLDING_SHIFT;
  const position = sums[holdingAt + HOLDING_POSITION] as number;
  setAmount(state, to + EVENT_AMOUNT, sums[holdingAt + HOLDING_REALISED] as number);
  setAmount(state, to + EVENT_RELATED_ID, sums[holdingAt + HOLDING_COST] as number);
  state.events[to + EVENT_QUANTITY] = position;
  state.events[to + EVENT_LEAVES] = Math.floor(position / HALF);
}

function writeStatus(state: EngineState, words: Int32Array, at: number, about: number, kind: number): number {
  return writeEvent(
    state,
    words[at + COMMAND_ACCOUNT] as number,
    words[at + COMMAND_SESSION] as number,
    words[at + COMMAND_CLIENT_ORDER_ID] as number,
    words[at + COMMAND_CLIENT_ORDER_ID + 1] as number,
    about,
    kind,
  );
}

/** Writes a whole number, with its sign, over two words. */
export function setAmount(state: EngineState, word: number, amount: number): void {
  state.events[word] = amount;
  state.events[word + 1] = Math.floor(amount / HALF);
}
