/**
 * What happens in a simulation, made from its seed before it begins: a list of actions, so that a failing one can be made
 * shorter by leaving some out. Any thread.
 */

import { Dice } from '../dice.js';

/** One thing that happens. Numbers from 0 to 1 choose among what there is at that moment. */
export type Action =
  /** A client's next command goes into the ring; `lost`: the link loses it. */
  | { readonly kind: 'send'; readonly lost: boolean }
  /** One of the last commands comes again: the link doubled it, or a client that got no answer. */
  | { readonly kind: 'resend'; readonly which: number }
  /** A round of the shard, its clock so many microseconds off. */
  | { readonly kind: 'round'; readonly clockUs: number }
  /** Who follows the stream reads what there is, or loses the connection and resumes from the journal. */
  | { readonly kind: 'read' }
  | { readonly kind: 'resume' }
  /** The auditor compares so many groups; writes a snapshot; begins anew. */
  | { readonly kind: 'audit'; readonly groups: number }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'auditor' }
  /** The process dies between two calls of the system, or the whole machine. */
  | { readonly kind: 'kill'; readonly power: boolean }
  /** The same in the middle of the call with this number from now. */
  | { readonly kind: 'crash'; readonly calls: number; readonly power: boolean }
  /** The synced write with this number from now fails, and reads well from memory until power fails. */
  | { readonly kind: 'write-error'; readonly writes: number }
  /** The disk has no room from now on, or has room again. */
  | { readonly kind: 'full' }
  | { readonly kind: 'room' }
  /** Writes come in parts, or whole again. */
  | { readonly kind: 'short-writes'; readonly on: boolean }
  /** A bit on the disk turns, ahead of the last record; the machine starts again. */
  | { readonly kind: 'rot'; readonly file: number; readonly place: number; readonly bit: number }
  /** A read with this number from now gives one bit wrong. */
  | { readonly kind: 'misread'; readonly reads: number; readonly place: number };

export interface Plan {
  readonly seed: number;
  /** Commands that its clients have in all, whatever actions are left out. */
  readonly commands: number;
  readonly actions: readonly Action[];
}

export function makePlan(seed: number, steps: number): Plan {
  const dice = new Dice(seed);
  const actions = Array.from({ length: steps }, () => anAction(dice));
  return { seed, commands: actions.filter(({ kind }) => kind === 'send').length, actions };
}

function anAction(dice: Dice): Action {
  const number = (): number => dice.below(1 << 30) / (1 << 30);
  const make = dice.weighted<() => Action>([
    [60, () => ({ kind: 'send', lost: dice.chance(0.03) })],
    [6, () => ({ kind: 'resend', which: number() })],
    [
      30,
      () => ({ kind: 'round', clockUs: dice.chance(0.05) ? dice.below(20_000_000) - 10_000_000 : dice.below(1_000) }),
    ],
    [10, () => ({ kind: 'read' })],
    [2, () => ({ kind: 'resume' })],
    [8, () => ({ kind: 'audit', groups: 1 + dice.below(8) })],
    [3, () => ({ kind: 'snapshot' })],
    [0.5, () => ({ kind: 'auditor' })],
    [0.8, () => ({ kind: 'kill', power: dice.chance(0.5) })],
    [2, () => ({ kind: 'crash', calls: dice.below(12), power: dice.chance(0.5) })],
    [0.4, () => ({ kind: 'write-error', writes: dice.below(4) })],
    [0.3, () => ({ kind: 'full' })],
    [1, () => ({ kind: 'room' })],
    [0.5, () => ({ kind: 'short-writes', on: dice.chance(0.5) })],
    [0.4, () => ({ kind: 'rot', file: number(), place: number(), bit: dice.below(8) })],
    [0.4, () => ({ kind: 'misread', reads: dice.below(8), place: number() })],
  ]);
  return make();
}
