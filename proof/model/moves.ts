/**
 * Money that moves between shards, in the model of one of them: lists and numbers. Any thread.
 */
import { EventKind, Reason } from '../../schemas/codes.js';
import { available, checkRoomForPurse, give, MOST_SUPPLY, VENUE } from './money.js';
import type { PlainCommand } from './plain-records.js';
import type { ModelMove, Refusal, Sender, State, Steps, Work } from './state.js';

const MOST_TRANSIT = 1024;

function amountOf({ quantity, displayQuantity }: PlainCommand): bigint {
  return BigInt.asIntN(64, (BigInt(displayQuantity) << 32n) | BigInt(quantity));
}

function isPeer(state: State, shard: number): boolean {
  return shard !== state.shard && shard < state.shardCount;
}

/** MoveOut, behind the checks of the sender. */
export function decideMoveOut(state: State, command: PlainCommand, sender: Sender): Refusal | Work {
  const { account, instrument: asset, triggerPrice, minQuantity: to } = command;
  if (triggerPrice !== state.shard || !isPeer(state, to)) {
    return { reason: Reason.WrongShard };
  }
  if (asset < 1 || asset > state.assets.length) {
    return { reason: Reason.UnknownAsset };
  }
  if (account !== VENUE && !state.hasAccount(account)) {
    return { reason: Reason.UnknownAccount };
  }
  const amount = amountOf(command);
  if (amount <= 0n) {
    return { reason: Reason.AmountOutOfRange, amount: 1 };
  }
  const free = available(state, account, asset);
  if (amount > free) {
    return { reason: Reason.NotEnoughMoney, amount: Number(free) };
  }
  if (state.moves.length >= MOST_TRANSIT) {
    return { reason: Reason.TransitFull, amount: MOST_TRANSIT };
  }
  return { steps: moveOut(state, sender, { to, account, asset, amount }), instrument: 0 };
}

function* moveOut(state: State, sender: Sender, move: ModelMove): Steps {
  const { to, account, asset, amount } = move;
  yield account === VENUE ? 1 : 2;
  give(state, account, asset, -amount);
  state.changeMoved(asset, -amount);
  state.moves.push(move);
  const number = (state.sent.get(to) ?? 0) + 1;
  state.sent.set(to, number);
  const said = { instrument: asset, amount: Number(-amount) };
  state.emit(EventKind.MovedOut, { ...sender, ...said, relatedId: BigInt(number), quantity: to, leaves: account });
  tellOwner(state, account, { ...said, relatedId: sender.clientOrderId });
}

/** MoveIn, which the platform sends. */
export function moveIn(state: State, command: PlainCommand): void {
  const { account, instrument: asset, minQuantity: from, clientOrderId } = command;
  if (!isPeer(state, from)) {
    refuse(state, command, Reason.WrongShard);
    return;
  }
  const number = Number(clientOrderId);
  const last = state.received.get(from) ?? { number: 0, result: Reason.None };
  const amount = amountOf(command);
  const said = { clientOrderId, instrument: asset, amount: Number(amount), quantity: from, leaves: account };
  if (amount < 1n || amount > MOST_SUPPLY) {
    refuse(state, command, Reason.AmountOutOfRange);
    return;
  }
  if (number === 0) {
    refuse(state, command, Reason.AlreadyExists);
    return;
  }
  if (number === last.number) {
    state.emit(EventKind.MovedIn, { ...said, reason: last.result, duplicate: true });
    return;
  }
  if (number < last.number) {
    refuse(state, command, Reason.AlreadyExists);
    return;
  }
  const isKnown = asset >= 1 && asset <= state.assets.length && (account === VENUE || state.hasAccount(account));
  if (number !== last.number + 1 || !isKnown) {
    refuse(state, command, Reason.NotReady);
    return;
  }
  if (amount > MOST_SUPPLY - state.supply(asset) - state.moved(asset)) {
    refuse(state, command, Reason.SupplyFull);
    return;
  }
  const result = account === VENUE || checkRoomForPurse(state, account, asset) ? Reason.None : Reason.PursesFull;
  state.received.set(from, { number, result });
  if (result === Reason.None) {
    if (state.purse(account, asset) === undefined) {
      state.purses.push({ account, asset, holds: 0n });
    }
    give(state, account, asset, amount);
    state.changeMoved(asset, amount);
  }
  state.emit(EventKind.MovedIn, { ...said, reason: result });
  if (result === Reason.None) {
    tellOwner(state, account, { instrument: asset, amount: Number(amount) });
  }
}

/** MoveDone, which the platform sends. */
export function moveDone(state: State, command: PlainCommand): void {
  const { minQuantity: to, clientOrderId, quantity } = command;
  if (!isPeer(state, to)) {
    refuse(state, command, Reason.WrongShard);
    return;
  }
  const number = Number(clientOrderId);
  const open = state.moves.filter((move) => move.to === to);
  const ended = (state.sent.get(to) ?? 0) - open.length;
  if (number <= ended) {
    refuse(state, command, Reason.AlreadyExists);
    return;
  }
  const [move] = open;
  if (move === undefined || number !== ended + 1) {
    refuse(state, command, Reason.NotReady);
    return;
  }
  state.moves.splice(state.moves.indexOf(move), 1);
  const { account, asset } = move;
  const reason: Reason = quantity % 65_536;
  const said = { instrument: asset, amount: Number(move.amount) };
  if (reason !== Reason.None) {
    give(state, account, asset, move.amount);
    state.changeMoved(asset, move.amount);
  }
  state.emit(EventKind.MoveEnded, { ...said, clientOrderId, quantity: to, leaves: account, reason });
  if (reason !== Reason.None) {
    tellOwner(state, account, said);
  }
}

function tellOwner(
  state: State,
  account: number,
  said: { readonly instrument: number; readonly amount: number; readonly relatedId?: bigint },
): void {
  if (account !== VENUE) {
    state.emit(EventKind.BalanceChanged, { ...said, account });
  }
}

/** The platform's own commands are answered to nobody's account. */
function refuse(state: State, { clientOrderId }: PlainCommand, reason: Reason): void {
  state.emit(EventKind.Rejected, { clientOrderId, reason });
}
