/**
 * What a lane does when its client is gone: cancel on disconnect, chosen at SessionOpen, and the dead-man timer. Either
 * takes the lane's orders off by a mass cancel that nobody asked for, which a Due begins. The shard's thread.
 */

import { CommandFlag, EventKind, Reason } from '../../schemas/codes.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  EVENT_AMOUNT,
  EVENT_QUANTITY,
  highWord,
  joinWords,
} from '../../schemas/layout.js';
import { checkSender } from '../state/checks.js';
import {
  LANE_ACCOUNT,
  LANE_CANCELS,
  LANE_GRACE,
  LANE_INCARNATION,
  LANE_NUMBER,
  LANE_SHIFT,
} from '../state/lane-words.js';
import { FILTER_LANE, MASS_CANCEL, OPERATION_FILTER, OPERATION_REASON, OPERATION_SHIFT } from '../state/operations.js';
import { beginOwnOperation, suspendOperation } from '../state/progress.js';
import { type EngineState, writeEvent } from '../state/state.js';
import { deadManTimer, disconnectTimer, isDeadMan, laneOfTimer } from '../timers/timer-ranges.js';
import { runMassCancel } from './mass-cancel.js';

const CANCEL_ON_DISCONNECT = CommandFlag.CancelOnDisconnect << 16;
const US_PER_SECOND = 1_000_000;
const US_PER_MILLISECOND = 1_000;

/** A time of the command's that far ahead, or the last there is. */
function ahead(state: EngineState, us: number): number {
  return Math.min(joinWords(state.timeLow, state.timeHigh) + us, Number.MAX_SAFE_INTEGER);
}

/** A SessionOpen chooses what becomes of the lane's orders when its incarnation is lost; the one before is replaced by it. */
export function laneOpened(state: EngineState, lane: number, words: Int32Array, at: number): void {
  const laneAt = lane << LANE_SHIFT;
  const cancels = ((words[at + COMMAND_FLAGS_WORD] as number) & CANCEL_ON_DISCONNECT) !== 0;
  state.lanes.words[laneAt + LANE_CANCELS] = cancels ? 1 : 0;
  state.lanes.words[laneAt + LANE_GRACE] = words[at + COMMAND_QUANTITY] as number;
  state.timers.clear(disconnectTimer(lane));
}

/** The open incarnation of a lane is lost. */
export function laneLost(state: EngineState, lane: number): void {
  const laneAt = lane << LANE_SHIFT;
  if (state.lanes.words[laneAt + LANE_CANCELS] === 0) return;
  const grace = (state.lanes.words[laneAt + LANE_GRACE] as number) >>> 0;
  state.timers.set(disconnectTimer(lane), ahead(state, grace * US_PER_SECOND));
}

/** Applies a DeadMan whose shape is right. */
export function applyDeadMan(state: EngineState, words: Int32Array, at: number): void {
  if (!checkSender(state, words, at, true)) return;
  const session = words[at + COMMAND_SESSION] as number;
  const lane = state.lanes.findOpen(session);
  const milliseconds = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  const deadline = milliseconds === 0 ? 0 : ahead(state, milliseconds * US_PER_MILLISECOND);
  if (deadline === 0) state.timers.clear(deadManTimer(lane));
  else state.timers.set(deadManTimer(lane), deadline);
  const to = writeEvent(
    state,
    state.lanes.words[(lane << LANE_SHIFT) + LANE_ACCOUNT] as number,
    session,
    words[at + COMMAND_CLIENT_ORDER_ID] as number,
    words[at + COMMAND_CLIENT_ORDER_ID + 1] as number,
    0,
    EventKind.DeadManSet,
  );
  state.events[to + EVENT_QUANTITY] = milliseconds | 0;
  state.events[to + EVENT_AMOUNT] = deadline | 0;
  state.events[to + EVENT_AMOUNT + 1] = highWord(deadline);
}

/**
 * A timer of a lane has come: its orders go, at once or, while other operations are in progress, when it is this one's
 * turn. False when there is no room for the first event.
 */
export function fireLaneTimer(state: EngineState, timer: number): boolean {
  if (state.next === state.end) return false;
  state.timers.clear(timer);
  const lane = laneOfTimer(timer);
  const laneAt = lane << LANE_SHIFT;
  const { words } = state.lanes;
  const number = words[laneAt + LANE_NUMBER] as number;
  const reason = isDeadMan(timer) ? Reason.DeadMan : Reason.SessionLost;
  const row = beginOwnOperation(
    state,
    MASS_CANCEL,
    words[laneAt + LANE_ACCOUNT] as number,
    words[laneAt + LANE_INCARNATION] as number,
    0,
    number << 16,
    0,
    EventKind.Started | (reason << 16),
  );
  const { operations } = state;
  operations.words[(row << OPERATION_SHIFT) + OPERATION_FILTER] = FILTER_LANE | number;
  operations.words[(row << OPERATION_SHIFT) + OPERATION_REASON] = reason;
  if (operations.count > 0 || !runMassCancel(state, row)) suspendOperation(state);
  return true;
}
