/**
 * Random fields of commands about lanes, for random-commands.ts. Any thread.
 */
import { CommandFlag, CommandKind, Side } from '../../schemas/codes.js';
import { COMMAND_FLAGS_WORD, COMMAND_KIND_WORD, COMMAND_QUANTITY } from '../../schemas/layout.js';
import type { Dice } from '../dice.js';

/** A SessionOpen that chooses what becomes of its orders; seldom a grace without the choice. */
export function chosen(dice: Dice, words: Int32Array): Int32Array {
  const cancels = dice.chance(0.5);
  words[COMMAND_FLAGS_WORD] = cancels ? CommandFlag.CancelOnDisconnect << 16 : 0;
  if (cancels || dice.chance(0.01)) {
    words[COMMAND_QUANTITY] = dice.weighted([
      [4, 0],
      [6, dice.between(1, 3)],
      [0.3, 0xffffffff],
    ]);
  }
  return words;
}

/** Mostly so short that what follows comes behind it. */
export function aDeadline(dice: Dice): number {
  return dice.weighted([
    [3, dice.between(1, 5)],
    [2, dice.between(1, 3000)],
    [2, 0],
    [0.2, 0xffffffff],
  ]);
}

/** A MassCancel of one lane, one side, both, or all; seldom a lane or side without its flag, or out of range. */
export function filtered(dice: Dice, words: Int32Array, lanes: readonly [number, ...number[]]): Int32Array {
  const flags = (dice.chance(0.4) ? CommandFlag.OneLane : 0) | (dice.chance(0.3) ? CommandFlag.OneSide : 0);
  words[COMMAND_FLAGS_WORD] = (words[COMMAND_FLAGS_WORD] ?? 0) | (flags << 16);
  if ((flags & CommandFlag.OneLane) !== 0 || dice.chance(0.01)) {
    words[COMMAND_QUANTITY] = dice.chance(0.97) ? dice.pick(lanes) : dice.pick([0, 4, 0x10001]);
  }
  if ((flags & CommandFlag.OneSide) !== 0 || dice.chance(0.01)) {
    const side = dice.chance(0.98) ? dice.pick([Side.Buy, Side.Sell]) : 2;
    words[COMMAND_KIND_WORD] = CommandKind.MassCancel | (side << 8);
  }
  return words;
}
