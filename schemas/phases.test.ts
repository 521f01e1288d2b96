/** The table of phases: complete, without a row that never counts, and the masks that are made of it. */

import t from 'tap';
import { CommandKind, OrderType, Phase, Reason, TimeInForce } from './codes.js';
import {
  PHASE_NAMES,
  PHASE_ROWS,
  phaseEffect,
  phaseRefusal,
  phaseRow,
  phasesThatMatch,
  phasesThatTake,
} from './phases.js';

const ABOUT_PHASES = [
  CommandKind.New,
  CommandKind.Cancel,
  CommandKind.Replace,
  CommandKind.CancelReplace,
  CommandKind.MassCancel,
  CommandKind.OrderStatus,
  CommandKind.SetPhase,
  CommandKind.Uncross,
  CommandKind.EndOfDay,
  CommandKind.ReferencePrice,
];
const numbersOf = (codes: object): number[] => Object.values(codes).filter((code) => typeof code === 'number');

t.test('every kind about an instrument has an effect in every phase, and no other kind has one', async (t) => {
  for (const kind of numbersOf(CommandKind) as CommandKind[]) {
    for (const name of PHASE_NAMES) {
      const effect = phaseEffect(Phase[name], kind);
      t.equal(effect !== undefined, ABOUT_PHASES.includes(kind), `${CommandKind[kind]} in ${name}`);
    }
  }
});

t.test('every row counts for some command', async (t) => {
  const met = new Set<object | undefined>();
  for (const kind of ABOUT_PHASES) {
    for (const type of numbersOf(OrderType)) {
      for (const timeInForce of numbersOf(TimeInForce)) {
        for (const priced of [true, false]) met.add(phaseRow(kind, type, timeInForce, priced));
      }
    }
  }
  t.equal(met.size, PHASE_ROWS.length);
});

t.test('the masks say what the table says', async (t) => {
  for (const kind of ABOUT_PHASES) {
    for (const name of PHASE_NAMES) {
      const taken = ((phasesThatTake(kind) >>> Phase[name]) & 1) === 1;
      t.equal(taken, phaseRefusal(phaseEffect(Phase[name], kind)) === Reason.None, `${CommandKind[kind]} in ${name}`);
    }
  }
  t.equal(phasesThatMatch(), 1 << Phase.Continuous);
});
