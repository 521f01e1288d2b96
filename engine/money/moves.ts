/**
 * Money that moves between the purses of two shards. MoveOut takes it out of a purse here; the platform brings it to the
 * other shard as a MoveIn, again and again until that has it, and MoveDone says here what became of it.
 * The shard's thread; cold.
 */

import { EventKind, Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { joinWords } from '../../schemas/layout.js';
import { checkSender, laneAccount, NO_ORDER, refuse } from '../state/checks.js';
import { type EngineState, writeEvent } from '../state/state.js';
import { addAvailable, amountOf, availableOf, MOST_SUPPLY, setAmount } from './ledger-commands.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_INSTRUMENT,
  COMMAND_MIN_QUANTITY,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TRIGGER_PRICE,
  EVENT_AMOUNT,
  EVENT_DUPLICATE_BIT,
  EVENT_LEAVES,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
} = layout;

/** Applies a MoveOut whose shape is right. */
export function applyMoveOut(state: EngineState, words: Int32Array, at: number): void {
  if (!checkSender(state, words, at, false)) return;
  const asset = (words[at + COMMAND_INSTRUMENT] as number) >>> 0;
  const account = (words[at + COMMAND_ACCOUNT] as number) >>> 0;
  const to = (words[at + COMMAND_MIN_QUANTITY] as number) >>> 0;
  const transit = state.transit;
  const here = (words[at + COMMAND_TRIGGER_PRICE] as number) === state.shard;
  if (!here || to === state.shard || to >= state.shardCount) {
    refuse(state, words, at, Reason.WrongShard, 0, NO_ORDER);
    return;
  }
  if (!state.registry.hasAsset(asset)) {
    refuse(state, words, at, Reason.UnknownAsset, 0, NO_ORDER);
    return;
  }
  if (account !== 0 && !state.registry.hasAccount(account)) {
    refuse(state, words, at, Reason.UnknownAccount, 0, NO_ORDER);
    return;
  }
  const amount = amountOf(words, at);
  if (amount <= 0) {
    refuse(state, words, at, Reason.AmountOutOfRange, 1, NO_ORDER);
    return;
  }
  const available = availableOf(state, account, asset);
  if (amount > available) {
    refuse(state, words, at, Reason.NotEnoughMoney, available, NO_ORDER);
    return;
  }
  if (transit.isFull()) {
    refuse(state, words, at, Reason.TransitFull, transit.count, NO_ORDER);
    return;
  }
  addAvailable(state, account, asset, 0 - amount);
  const number = transit.send(to, account, asset, amount);
  const session = words[at + COMMAND_SESSION] as number;
  const low = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  const high = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  const event = writeEvent(state, laneAccount(state, session), session, low, high, asset, EventKind.MovedOut);
  setAmount(state, event + EVENT_AMOUNT, 0 - amount);
  setAmount(state, event + EVENT_RELATED_ID, number);
  state.events[event + EVENT_QUANTITY] = to;
  state.events[event + EVENT_LEAVES] = account;
  tellOwner(state, account, asset, 0 - amount, low, high);
}

/** Applies a MoveIn whose shape is right: the next move of its shard is credited once, and one that came before told again. */
export function applyMoveIn(state: EngineState, words: Int32Array, at: number): void {
  const transit = state.transit;
  const asset = (words[at + COMMAND_INSTRUMENT] as number) >>> 0;
  const account = (words[at + COMMAND_ACCOUNT] as number) >>> 0;
  const from = (words[at + COMMAND_MIN_QUANTITY] as number) >>> 0;
  const number = numberOf(words, at);
  const amount = amountOf(words, at);
  if (from === state.shard || from >= state.shardCount) {
    tellRefusal(state, words, at, Reason.WrongShard);
    return;
  }
  if (!(amount >= 1 && amount <= MOST_SUPPLY)) {
    tellRefusal(state, words, at, Reason.AmountOutOfRange);
    return;
  }
  const last = transit.received[from] as number;
  if (number < last || number === 0) {
    tellRefusal(state, words, at, Reason.AlreadyExists);
    return;
  }
  if (number === last) {
    tell(state, words, at, EventKind.MovedIn | EVENT_DUPLICATE_BIT, amount, transit.results[from] as number);
    return;
  }
  // What this shard has not heard of yet it will: the move comes again.
  const isKnown = state.registry.hasAsset(asset) && (account === 0 || state.registry.hasAccount(account));
  if (number !== last + 1 || !isKnown) {
    tellRefusal(state, words, at, Reason.NotReady);
    return;
  }
  const held = (state.ledger.supply[asset] as number) + (transit.moved[asset] as number);
  if (amount > MOST_SUPPLY - held) {
    tellRefusal(state, words, at, Reason.SupplyFull);
    return;
  }
  const hasRoom = account === 0 || state.ledger.hasPurseRoom(account, asset, 0);
  const result = hasRoom ? 0 : Reason.PursesFull;
  transit.receive(from, asset, amount, result);
  if (hasRoom) addAvailable(state, account, asset, amount);
  tell(state, words, at, EventKind.MovedIn, amount, result);
  if (hasRoom) tellOwner(state, account, asset, amount, 0, 0);
}

/** Applies a MoveDone whose shape is right: the oldest move to that shard has ended there; what it did not take comes back. */
export function applyMoveDone(state: EngineState, words: Int32Array, at: number): void {
  const transit = state.transit;
  const to = (words[at + COMMAND_MIN_QUANTITY] as number) >>> 0;
  const number = numberOf(words, at);
  const result = (words[at + COMMAND_QUANTITY] as number) & 0xffff;
  if (to === state.shard || to >= state.shardCount) {
    tellRefusal(state, words, at, Reason.WrongShard);
    return;
  }
  const ended = transit.ended[to] as number;
  if (number <= ended) {
    tellRefusal(state, words, at, Reason.AlreadyExists);
    return;
  }
  const row = transit.first(to);
  if (row < 0 || number !== ended + 1) {
    tellRefusal(state, words, at, Reason.NotReady);
    return;
  }
  const account = transit.accountOf(row);
  const asset = transit.assetOf(row);
  const amount = transit.amountOf(row);
  transit.end(row, result !== 0);
  if (result !== 0) addAvailable(state, account, asset, amount);
  const event = tell(state, words, at, EventKind.MoveEnded, amount, result);
  state.events[event + EVENT_LEAVES] = account;
  state.events[event + layout.EVENT_INSTRUMENT] = asset;
  if (result !== 0) tellOwner(state, account, asset, amount, 0, 0);
}

function numberOf(words: Int32Array, at: number): number {
  return joinWords(words[at + COMMAND_CLIENT_ORDER_ID] as number, words[at + COMMAND_CLIENT_ORDER_ID + 1] as number);
}

/** The platform's own commands are answered to nobody's account. */
function tell(state: EngineState, words: Int32Array, at: number, kind: number, amount: number, result: number): number {
  const low = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  const high = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  const asset = words[at + COMMAND_INSTRUMENT] as number;
  const event = writeEvent(state, 0, 0, low, high, asset, kind | (result << 16));
  setAmount(state, event + EVENT_AMOUNT, amount);
  state.events[event + EVENT_QUANTITY] = words[at + COMMAND_MIN_QUANTITY] as number;
  state.events[event + EVENT_LEAVES] = words[at + COMMAND_ACCOUNT] as number;
  return event;
}

function tellRefusal(state: EngineState, words: Int32Array, at: number, reason: Reason): void {
  const low = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  const high = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  writeEvent(state, 0, 0, low, high, 0, EventKind.Rejected | (reason << 16));
}

/** `low`, `high`: the operation id that asked for it, or 0. */
function tellOwner(
  state: EngineState,
  account: number,
  asset: number,
  change: number,
  low: number,
  high: number,
): void {
  if (account === 0) return;
  const event = writeEvent(state, account, 0, 0, 0, asset, EventKind.BalanceChanged);
  setAmount(state, event + EVENT_AMOUNT, change);
  state.events[event + EVENT_RELATED_ID] = low;
  state.events[event + EVENT_RELATED_ID + 1] = high;
}
