/**
 * SessionOpen makes an incarnation the only one that may use its lane; SessionLost closes it.
 * The shard's thread.
 */

import { EventKind, Reason } from '../../schemas/codes.js';
import { COMMAND_ACCOUNT, COMMAND_CLIENT_ORDER_ID, COMMAND_SESSION } from '../../schemas/layout.js';
import { laneLost, laneOpened } from '../operations/lane-timers.js';
import { ACCOUNT_LANES, ACCOUNT_SHIFT } from '../registry-words.js';
import { NO_ORDER, refuse } from '../state/checks.js';
import { LANE_ACCOUNT, LANE_INCARNATION, LANE_NUMBER, LANE_SHIFT } from '../state/lane-words.js';
import { type EngineState, writeEvent } from '../state/state.js';

/** Applies a SessionOpen whose shape is right. */
export function applySessionOpen(state: EngineState, words: Int32Array, at: number): void {
  const lowWord = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  const highWord = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  if (lowWord !== 0 || (highWord & 0xffff) !== 0) {
    refuse(state, words, at, Reason.FieldNotZero, 0, NO_ORDER);
    return;
  }
  const account = words[at + COMMAND_ACCOUNT] as number;
  const incarnation = words[at + COMMAND_SESSION] as number;
  if (!state.registry.hasAccount(account >>> 0)) {
    refuse(state, words, at, Reason.UnknownAccount, 0, NO_ORDER);
    return;
  }
  const lanes = state.lanes;
  let lane = lanes.find(account, highWord >>> 16);
  const last = lane < 0 ? 0 : (lanes.words[(lane << LANE_SHIFT) + LANE_INCARNATION] as number) >>> 0;
  if (incarnation === 0 || incarnation >>> 0 <= last || lanes.findOpen(incarnation) >= 0) {
    refuse(state, words, at, Reason.StaleIncarnation, 0, NO_ORDER);
    return;
  }
  if (lane < 0) {
    const { maxLanesPerAccount } = state.limits;
    const lanesAt = (account << ACCOUNT_SHIFT) + ACCOUNT_LANES;
    const own = state.accounts[lanesAt] as number;
    if (own >= maxLanesPerAccount) {
      refuse(state, words, at, Reason.LanesFull, maxLanesPerAccount, NO_ORDER);
      return;
    }
    if (lanes.count === lanes.maxLanes) {
      refuse(state, words, at, Reason.LanesFull, lanes.maxLanes, NO_ORDER);
      return;
    }
    lane = lanes.add(account, highWord >>> 16);
    state.accounts[lanesAt] = own + 1;
  }
  lanes.open(lane, incarnation);
  laneOpened(state, lane, words, at);
  writeEvent(state, account, incarnation, lowWord, highWord, 0, EventKind.SessionOpened);
}

/** Applies a SessionLost whose shape is right. */
export function applySessionLost(state: EngineState, words: Int32Array, at: number): void {
  const incarnation = words[at + COMMAND_SESSION] as number;
  const lanes = state.lanes;
  const lane = lanes.findOpen(incarnation);
  if (lane < 0) {
    refuse(state, words, at, Reason.StaleIncarnation, 0, NO_ORDER);
    return;
  }
  lanes.close(lane);
  laneLost(state, lane);
  const laneAt = lane << LANE_SHIFT;
  const account = lanes.words[laneAt + LANE_ACCOUNT] as number;
  const number = lanes.words[laneAt + LANE_NUMBER] as number;
  writeEvent(state, account, incarnation, 0, number << 16, 0, EventKind.SessionClosed);
}
