/**
 * Says at which command a shard threw while it matched. Nothing of its round was published or written by then, so all that
 * was ever said stands in the journal, and a fresh thread may go on from there. The shard's thread.
 */

import { COMMAND_FLAGS_WORD, COMMAND_KIND_WORD, COMMAND_SESSION, COMMAND_WORDS } from '../../schemas/layout.js';
import { isLeg } from '../../schemas/legs.js';
import { countParts } from '../administration/admin.js';

/** The command that was being applied. */
export interface FailedCommand {
  /** The producer that sent it; OWN_RING: the shard itself, a Due or a Continue. */
  readonly ring: number;
  /** Where it lies in that ring, 0 to 2^32 - 1; 0 for the shard's own. */
  readonly position: number;
  /** The command sequence that it would have had. */
  readonly sequence: number;
  /** As the engine got it: its records of 16 words, with Parts, or both legs of one-cancels-other. */
  readonly words: Int32Array;
}

export const OWN_RING = -1;

export class CommandFailure extends Error {
  readonly command: FailedCommand;

  constructor(command: FailedCommand, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.command = command;
  }

  /** Where the engine threw. */
  get where(): string {
    return this.cause instanceof Error ? (this.cause.stack ?? this.message) : this.message;
  }
}

/** The records that are applied together with the one at word `at`, itself included, of those before word `endAt`. */
export function recordsTogether(words: Int32Array, at: number, endAt: number): number {
  const parts = countParts(words, at, endAt);
  if (parts > 0) return 1 + parts;
  const other = at + COMMAND_WORDS;
  const isPair = isLegAt(words, at) && other < endAt && isLegAt(words, other);
  return isPair && words[at + COMMAND_SESSION] === words[other + COMMAND_SESSION] ? 2 : 1;
}

function isLegAt(words: Int32Array, at: number): boolean {
  return isLeg(words[at + COMMAND_KIND_WORD] as number, words[at + COMMAND_FLAGS_WORD] as number);
}
