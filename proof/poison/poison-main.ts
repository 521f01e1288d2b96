/**
 * A bug for a platform under test: loaded into each of its threads by --import, in front of everything else, so that the
 * product has no switch for it. The engine throws in the middle of a New with a certain quantity, behind what it has
 * changed already, as long as the command is one that would be carried out.
 *
 *   POISON_QUANTITY   the quantity of it
 *   POISON_ONCE       a file that is made at the first throw; while it is there nothing throws
 *   POISON_MARKED     1: it throws at one that was put aside, too
 *   POISON_WRITE      1: in place of the engine the journal's write throws, while the shard is in it
 */

import { existsSync, writeFileSync } from 'node:fs';
import { Engine } from '../../engine/engine.js';
import { JournalWriter } from '../../engine/journal/writer.js';
import { CommandFlag, CommandKind } from '../../schemas/codes.js';
import { COMMAND_FLAGS_WORD, COMMAND_KIND_WORD, COMMAND_QUANTITY, COMMAND_WORDS } from '../../schemas/layout.js';

const quantity = Number(process.env.POISON_QUANTITY);
const once = process.env.POISON_ONCE ?? '';
const inWrite = process.env.POISON_WRITE === '1';
const spared = process.env.POISON_MARKED === '1' ? 0 : CommandFlag.PutAside << 16;
const { apply } = Engine.prototype;
const { write } = JournalWriter.prototype;

function isPoison(words: Int32Array, at: number): boolean {
  if (words[at + COMMAND_QUANTITY] !== quantity) return false;
  const isNew = ((words[at + COMMAND_KIND_WORD] ?? 0) & 0xff) === CommandKind.New;
  if (!isNew || ((words[at + COMMAND_FLAGS_WORD] ?? 0) & spared) !== 0) return false;
  if (once === '') return true;
  if (existsSync(once)) return false;
  writeFileSync(once, '');
  return true;
}

if (inWrite) {
  JournalWriter.prototype.write = function poisoned(this: JournalWriter, ...[words, at, count, ...rest]) {
    for (let index = 0; index < count; index++) {
      if (isPoison(words, at + index * COMMAND_WORDS)) throw new TypeError('a planted bug in the write');
    }
    write.call(this, words, at, count, ...rest);
  };
} else {
  Engine.prototype.apply = function poisoned(this: Engine, ...[words, at, ...rest]) {
    const events = apply.call(this, words, at, ...rest);
    if (isPoison(words, at)) throw new TypeError('a planted bug in the engine');
    return events;
  };
}
