/**
 * Engines with one fault each, for tests of what must find them: the fault is in what they are told, so that nothing of
 * the engine itself has to be changed. Any thread.
 */

import { Engine } from '../../engine/engine.js';
import { CommandFlag, CommandKind, SelfTrade, TimeInForce } from '../../schemas/codes.js';
import {
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_TRIGGER_PRICE,
} from '../../schemas/layout.js';
import type { EngineOf } from './model-vs-engine.js';

type Spoil = (words: Int32Array, at: number, kind: number) => void;

function engineWith(spoil: Spoil): EngineOf {
  class FaultyEngine extends Engine {
    override apply(commands: Int32Array, from: number, eventAt: number, endAt?: number): number {
      const words = commands.slice();
      spoil(words, from, (words[from + COMMAND_KIND_WORD] ?? 0) & 0xff);
      const count = super.apply(words, from, eventAt, endAt);
      this.validate();
      return count;
    }
  }
  return (limits, shard, shardCount) => new FaultyEngine(limits, shard, shardCount);
}

function change(words: Int32Array, at: number, to: (word: number) => number): void {
  words[at] = to(words[at] ?? 0);
}

/** By what they get wrong. */
export const PLANTED_FAULTS: Readonly<Record<string, EngineOf>> = {
  'post-only is not seen': engineWith((words, at) =>
    change(words, at + COMMAND_FLAGS_WORD, (word) => word & ~(CommandFlag.PostOnly << 16)),
  ),
  'a replace loses its place when it is for less': engineWith((words, at, kind) => {
    if (kind === CommandKind.Replace) change(words, at + COMMAND_QUANTITY, (quantity) => quantity + 1);
  }),
  'fill-or-kill is immediate-or-cancel': engineWith((words, at, kind) => {
    change(words, at + COMMAND_KIND_WORD, (word) =>
      kind === CommandKind.New && word >>> 24 === TimeInForce.FillOrKill
        ? (word & 0xffffff) | (TimeInForce.ImmediateOrCancel << 24)
        : word,
    );
  }),
  'decrement cancels the newest': engineWith((words, at, kind) => {
    change(words, at + COMMAND_FLAGS_WORD, (word) =>
      kind === CommandKind.New && (word & 0xff) === SelfTrade.Decrement ? (word & ~0xff) | SelfTrade.Newest : word,
    );
  }),
  'a stop is triggered one tick late': engineWith((words, at, kind) => {
    const sells = ((words[at + COMMAND_KIND_WORD] ?? 0) >>> 8) & 1;
    if (kind !== CommandKind.New || words[at + COMMAND_TRIGGER_PRICE] === 0) return;
    change(words, at + COMMAND_TRIGGER_PRICE, (price) => price + (sells === 0 ? 1 : -1));
  }),
  'a cancel-replace forgets its new price': engineWith((words, at, kind) => {
    if (kind === CommandKind.CancelReplace) change(words, at + COMMAND_PRICE, (price) => price + 1);
  }),
};
