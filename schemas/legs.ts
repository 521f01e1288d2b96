/**
 * The two legs of one-cancels-other as commands: what belongs together. Shared by gateway, engine and client. Any thread.
 */

import { CommandFlag, CommandKind, Reason } from './codes.js';
import { isStop } from './kinds.js';
import { COMMAND_FLAGS_WORD, COMMAND_INSTRUMENT, COMMAND_KIND_WORD, COMMAND_WORDS } from './layout.js';

const KIND_NEW: number = CommandKind.New;
const ONE_CANCELS_OTHER: number = CommandFlag.OneCancelsOther;
const BAD_PARTS: number = Reason.BadParts;

/** Whether the record is a New with the flag OneCancelsOther. */
export function isLeg(kindWord: number, flagsWord: number): boolean {
  return (kindWord & 0xff) === KIND_NEW && ((flagsWord >>> 16) & ONE_CANCELS_OTHER) !== 0;
}

/**
 * Whether the leg at word `at`, of which `records` records are there, has its other leg right behind it: 0, or a Reason.
 * Both are of one instrument and lane, the second one's id is the later, and one of them at least is a stop.
 */
export function checkLegs(words: Int32Array, at: number, records: number): number {
  const other = at + COMMAND_WORDS;
  if (records < 2) return BAD_PARTS;
  const [kind, otherKind] = [words[at + COMMAND_KIND_WORD] as number, words[other + COMMAND_KIND_WORD] as number];
  if (!isLeg(otherKind, words[other + COMMAND_FLAGS_WORD] as number)) return BAD_PARTS;
  if (!isStop((kind >>> 16) & 0xff) && !isStop((otherKind >>> 16) & 0xff)) return BAD_PARTS;
  if (words[at + COMMAND_INSTRUMENT] !== words[other + COMMAND_INSTRUMENT]) return BAD_PARTS;
  const [high, otherHigh] = [words[at + 1] as number, words[other + 1] as number];
  if (high >>> 16 !== otherHigh >>> 16) return BAD_PARTS;
  const counter = (words[at] as number) >>> 0;
  const otherCounter = (words[other] as number) >>> 0;
  const first = counter + (high & 0xffff) * 0x1_0000_0000;
  const second = otherCounter + (otherHigh & 0xffff) * 0x1_0000_0000;
  return second === 0 || second > first ? 0 : BAD_PARTS;
}
