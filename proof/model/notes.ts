/**
 * Notes in the model: an operator says why. Nothing remembers it. Any thread.
 */
import { EventKind, Reason } from '../../schemas/codes.js';
import type { PlainCommand } from './plain-records.js';
import type { Refusal, Sender, State, Steps, Work } from './state.js';

/** Behind the checks of shape, terms and sender. */
export function decideNote(state: State, command: PlainCommand, sender: Sender): Refusal | Work {
  const { instrument, minQuantity, targetId } = command;
  const known = state.instrument(instrument);
  if (instrument !== 0 && known === undefined) {
    return { reason: Reason.UnknownInstrument };
  }
  if ((known?.shard ?? minQuantity) !== state.shard) {
    return { reason: Reason.WrongShard };
  }
  return { steps: note(state, sender, instrument, targetId), instrument: 0 };
}

function* note(state: State, sender: Sender, instrument: number, about: bigint): Steps {
  yield 1;
  state.emit(EventKind.Noted, { ...sender, instrument, relatedId: about });
}
