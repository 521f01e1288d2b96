/**
 * Lanes and incarnations in the model: who may speak, and for whom. Any thread.
 */
import { CommandFlag, CommandKind, EventKind, Reason } from '../../schemas/codes.js';
import { laneOf, type PlainCommand } from './plain-records.js';
import type { Answer, Lane, Refusal, Sender, State, Steps } from './state.js';

/** Check 2 of all kinds but those of sessions: the lane that speaks, or why it may not. */
export function checkSender(
  state: State,
  command: PlainCommand,
  isClientKind: boolean,
  isAdminKind: boolean,
): Lane | Refusal {
  if (isAdminKind && state.shard !== 0) {
    return { reason: Reason.NotAllowed };
  }
  const lane = state.openLane(command.session);
  if (lane === undefined) {
    return { reason: Reason.StaleIncarnation };
  }
  const wrongAccount = isClientKind && command.account !== lane.account;
  if (wrongAccount || laneOf(command.clientOrderId) !== lane.number) {
    return { reason: Reason.WrongLane };
  }
  return lane;
}

/** Whose stream the answer to a command belongs to; 0: nobody's. */
export function senderAccount(state: State, command: PlainCommand, isClientKind: boolean): number {
  const sent = state.hasAccount(command.account) ? command.account : 0;
  if (command.kind === CommandKind.SessionOpen) {
    return sent;
  }
  // The words of a Part are terms: nobody sent it.
  if (command.kind === CommandKind.SessionLost || command.kind === CommandKind.Part) {
    return 0;
  }
  return state.openLane(command.session)?.account ?? (isClientKind ? sent : 0);
}

/** SessionOpen and SessionLost, checks and all. */
export function openSession(state: State, command: PlainCommand): Refusal | undefined {
  const { session: incarnation, account, clientOrderId } = command;
  const open = state.openLane(incarnation);
  if (command.kind === CommandKind.SessionLost) {
    if (open === undefined) {
      return { reason: Reason.StaleIncarnation };
    }
    open.open = false;
    if (open.grace !== undefined) {
      state.setTimer(open, Reason.SessionLost, open.grace * 1_000_000);
    }
    const laneId = BigInt(open.number) << 48n;
    state.emit(EventKind.SessionClosed, {
      account: open.account,
      session: incarnation,
      clientOrderId: laneId,
      endOfCommand: true,
    });
    return undefined;
  }
  if (!state.hasAccount(account)) {
    return { reason: Reason.UnknownAccount };
  }
  const number = laneOf(clientOrderId);
  let lane = state.lanes.find((one) => one.account === account && one.number === number);
  if (incarnation === 0 || open !== undefined || incarnation <= (lane?.incarnation ?? 0)) {
    return { reason: Reason.StaleIncarnation };
  }
  if (lane === undefined) {
    const { maxLanesPerAccount } = state.limits;
    if (state.lanes.filter((one) => one.account === account).length >= maxLanesPerAccount) {
      return { reason: Reason.LanesFull, amount: maxLanesPerAccount };
    }
    if (state.lanes.length >= state.limits.maxLanes) {
      return { reason: Reason.LanesFull, amount: state.limits.maxLanes };
    }
    lane = { account, number, incarnation, open: true, grace: undefined, mark: 0, answers: [] };
    state.lanes.push(lane);
  }
  lane.incarnation = incarnation;
  lane.open = true;
  lane.grace = (command.flags & CommandFlag.CancelOnDisconnect) === 0 ? undefined : command.quantity;
  state.setTimer(lane, Reason.SessionLost, undefined);
  state.emit(EventKind.SessionOpened, { account, session: incarnation, clientOrderId, endOfCommand: true });
  return undefined;
}

/** The lane's orders go at the deadline, unless it is set anew before; 0: never. */
export function* setDeadMan(state: State, sender: Sender, command: PlainCommand): Steps {
  yield 1;
  const { quantity } = command;
  const lane = state.openLane(sender.session);
  const us = quantity === 0 ? undefined : quantity * 1000;
  const amount = lane === undefined ? 0 : state.setTimer(lane, Reason.DeadMan, us);
  state.emit(EventKind.DeadManSet, { ...sender, quantity, amount });
}

/** Only the last `limit` answers count; older ones are thrown away now and then, not each time. */
export function keepAnswer(lane: Lane, answer: Answer, limit: number): void {
  lane.answers.push(answer);
  if (lane.answers.length > 2 * limit + 64) {
    lane.answers.splice(0, lane.answers.length - limit);
  }
}
