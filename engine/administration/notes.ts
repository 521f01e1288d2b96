/**
 * Notes: why an operator's command is given. The engine keeps none of it; the journal does, and the answer says that it is
 * there.
 * The shard's thread; cold.
 */

import { decodeTerms } from '../../schemas/admin.js';
import { EventKind, Reason } from '../../schemas/codes.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_INSTRUMENT,
  COMMAND_MIN_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  EVENT_RELATED_ID,
} from '../../schemas/layout.js';
import { INSTRUMENT_SHARD, INSTRUMENT_SHIFT } from '../registry-words.js';
import { checkSender, laneAccount, NO_ORDER, refuse } from '../state/checks.js';
import { type EngineState, writeEvent } from '../state/state.js';

/** Applies a Note whose head's shape is right and behind which `parts` Parts lie. */
export function applyNote(state: EngineState, words: Int32Array, at: number, parts: number): void {
  const instrument = (words[at + COMMAND_INSTRUMENT] as number) >>> 0;
  const shard = (words[at + COMMAND_MIN_QUANTITY] as number) >>> 0;
  if (instrument !== 0 && shard !== 0) {
    refuse(state, words, at, Reason.FieldNotZero, 0, NO_ORDER);
    return;
  }
  const terms = decodeTerms(words, at, parts + 1);
  if (typeof terms === 'number') {
    refuse(state, words, at, terms, 0, NO_ORDER);
    return;
  }
  if (!checkSender(state, words, at, false)) return;
  if (!checkPlace(state, words, at, instrument, shard)) return;
  const session = words[at + COMMAND_SESSION] as number;
  const low = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  const high = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  const to = writeEvent(state, laneAccount(state, session), session, low, high, instrument, EventKind.Noted);
  state.events[to + EVENT_RELATED_ID] = words[at + COMMAND_TARGET_ID] as number;
  state.events[to + EVENT_RELATED_ID + 1] = words[at + COMMAND_TARGET_ID + 1] as number;
}

/** It has come to the shard that it names, or to that of its instrument. */
function checkPlace(state: EngineState, words: Int32Array, at: number, instrument: number, shard: number): boolean {
  if (instrument === 0) return shard === state.shard || refuse(state, words, at, Reason.WrongShard, 0, NO_ORDER);
  return checkHome(state, words, at, instrument);
}

/** The instrument is there, and this shard's. */
export function checkHome(state: EngineState, words: Int32Array, at: number, instrument: number): boolean {
  if (!state.registry.hasInstrument(instrument)) {
    return refuse(state, words, at, Reason.UnknownInstrument, 0, NO_ORDER);
  }
  const trades = state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_SHARD] as number;
  return trades === state.shard || refuse(state, words, at, Reason.WrongShard, 0, NO_ORDER);
}
