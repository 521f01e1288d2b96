/**
 * What the model refuses because something is in progress. Any thread.
 */
import { CommandKind, Reason, TimeInForce } from '../../schemas/codes.js';
import { CLIENT_KINDS } from './checks.js';
import { leastOf } from './entering.js';
import type { PlainCommand } from './plain-records.js';
import type { Refusal, State } from './state.js';
import { isUncrossed } from './work.js';

/**
 * The end of check 5: what an operation in progress would be disturbed by, and whether there is room for one more.
 * `account`: the sender's, of a Kill whose orders it takes; 0: those of all.
 */
export function checkProgress(state: State, command: PlainCommand, account: number): Refusal | undefined {
  const { operations, limits } = state;
  const { kind, instrument } = command;
  const isClient = CLIENT_KINDS.includes(kind);
  const wantsQuiet =
    kind === CommandKind.New && (command.timeInForce === TimeInForce.FillOrKill || leastOf(command) > 0);
  const stops = kind === CommandKind.SetPhase && !isUncrossed(command.type);
  const disturbs = operations.some((operation) => {
    if (operation.instrument !== 0) {
      return instrument === 0 || operation.instrument === instrument;
    }
    return instrument === 0 || isClient ? operation.account === account || wantsQuiet : !stops;
  });
  if (disturbs) {
    return { reason: Reason.InProgress, keepsId: true };
  }
  const needsRoom = kind !== CommandKind.Cancel && kind !== CommandKind.OrderStatus && !stops;
  if (needsRoom && operations.length >= limits.maxOperations) {
    return { reason: Reason.Busy, keepsId: true };
  }
  return undefined;
}
