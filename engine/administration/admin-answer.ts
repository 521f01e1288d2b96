/**
 * What becomes of an admin record that passes its checks: its number, its place in the log, and the answer to its sender.
 * The shard's thread; cold.
 */

import { Reason } from '../../schemas/codes.js';
import { COMMAND_CLIENT_ORDER_ID, COMMAND_QUANTITY, COMMAND_SESSION, EVENT_RELATED_ID } from '../../schemas/layout.js';
import { laneAccount, NO_ORDER, refuse } from '../state/checks.js';
import { type EngineState, writeEvent } from '../state/state.js';

export function hasLogRoom(state: EngineState, words: Int32Array, at: number, parts: number): boolean {
  if (state.adminLog === null || state.adminLog.hasRoom(parts + 1)) return true;
  return refuse(state, words, at, Reason.AdminLogFull, state.limits.adminLogBytes, NO_ORDER);
}

/** Numbers the record that was applied, keeps it for the other shards, and answers its sender. */
export function answer(state: EngineState, words: Int32Array, at: number, parts: number, kind: number): number {
  const number = ++state.registry.adminNumber;
  if (state.adminLog !== null) {
    const logged = state.adminLog.append(words, at, parts + 1);
    state.adminLog.words[logged + COMMAND_QUANTITY] = number;
  }
  const session = words[at + COMMAND_SESSION] as number;
  const low = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  const high = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  const account = session === 0 ? 0 : laneAccount(state, session);
  const to = writeEvent(state, account, session, low, high, 0, kind);
  state.events[to + EVENT_RELATED_ID] = low;
  state.events[to + EVENT_RELATED_ID + 1] = high;
  return to;
}
