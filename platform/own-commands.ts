/**
 * Words of commands that the platform itself sends. Any thread.
 */

import type { CommandKind } from '../schemas/codes.js';
import { COMMAND_ACCOUNT, COMMAND_KIND_WORD, COMMAND_SESSION, COMMAND_WORDS } from '../schemas/layout.js';

export function commandWords(kind: CommandKind, account: number, session: number): Int32Array {
  const words = new Int32Array(COMMAND_WORDS);
  words[COMMAND_KIND_WORD] = kind;
  words[COMMAND_ACCOUNT] = account;
  words[COMMAND_SESSION] = session;
  return words;
}

/** A head with its Parts behind it. */
export function withParts(head: Int32Array, parts: Int32Array): Int32Array {
  const words = new Int32Array(head.length + parts.length);
  words.set(head);
  words.set(parts, head.length);
  return words;
}
