/** The table of phases (schemas/phases.ts) cell by cell against the engine: what each kind really does in each phase. */

import t from 'tap';
import { CommandKind, OrderType, Phase, TimeInForce } from '../../schemas/codes.js';
import { PHASE_NAMES, PHASE_ROWS, type PhaseName, phaseEffect, phaseRow } from '../../schemas/phases.js';
import { onEngine, playCase } from './rule-cases.js';

const { Iceberg, Limit, Market, MarketToLimit, Stop, StopLimit } = OrderType;
const { Day, GoodTillCancel, ImmediateOrCancel, FillOrKill } = TimeInForce;

/** A line that would trade where orders match, and what the table is asked for it. */
const COMMANDS: readonly (readonly [line: string, ...asked: Parameters<typeof phaseRow>])[] = [
  ['alice new #9 buy 1 @ 100 Day', CommandKind.New, Limit, Day, true],
  ['alice new #9 buy 1 @ 100 GoodTillCancel', CommandKind.New, Limit, GoodTillCancel, true],
  ['alice new #9 buy 1 @ 100 ImmediateOrCancel', CommandKind.New, Limit, ImmediateOrCancel, true],
  ['alice new #9 buy 1 @ 100 FillOrKill', CommandKind.New, Limit, FillOrKill, true],
  ['alice new #9 buy 1 market', CommandKind.New, Market, GoodTillCancel, false],
  ['alice new #9 buy 1 @ 100 Iceberg displayQuantity=1', CommandKind.New, Iceberg, GoodTillCancel, true],
  ['alice new #9 buy 1 MarketToLimit', CommandKind.New, MarketToLimit, GoodTillCancel, false],
  ['alice new #9 buy 1 market FillOrKill', CommandKind.New, Market, FillOrKill, false],
  ['alice new #9 buy 1 market @ 100', CommandKind.New, Market, GoodTillCancel, true],
  ['alice new #9 buy 1 Stop at 100', CommandKind.New, Stop, GoodTillCancel, false],
  ['alice new #9 buy 1 @ 101 StopLimit ImmediateOrCancel at 100', CommandKind.New, StopLimit, ImmediateOrCancel, true],
  ['alice replace #1 as #9 1 @ 100', CommandKind.Replace],
  ['alice cancel-replace #1 as #9 1 @ 100', CommandKind.CancelReplace],
  ['alice cancel #1 as #9', CommandKind.Cancel],
  ['alice order-status #1 as #9', CommandKind.OrderStatus],
  ['alice mass-cancel ACME id=9', CommandKind.MassCancel],
  ['operator phase Halted', CommandKind.SetPhase],
  ['operator reference-price @ 100', CommandKind.ReferencePrice],
  ['operator end-of-day', CommandKind.EndOfDay],
  ['operator uncross', CommandKind.Uncross],
];

/** What the last line really did, in the table's words. */
function effectOf(phase: PhaseName, line: string): string {
  const lines = [
    'rule 5.1: a cell',
    'instrument ACME',
    'alice new #1 buy 1 @ 50',
    'bob new #1 sell 1 @ 100',
    `operator phase ${phase}`,
    line,
  ];
  const { events } = playCase({ file: 'cell', title: '', line: 1, lines }, onEngine);
  const made = events.filter((event) => event.line === 6);
  const refusal = made.find(({ kind }) => kind === 'Rejected');
  if (refusal?.reason === 'PostOnlyWouldCross') return 'posts';
  if (refusal !== undefined) return String(refusal.reason);
  if (made.some(({ liquidity }) => liquidity === 'Taker')) return 'matches';
  if (made.some(({ kind }) => kind === 'Accepted') && made.length === 1) return 'waits';
  return made.some(({ kind }) => kind === 'Booked') ? 'rests' : 'applies';
}

t.test('rule 5.1, 5.2, 5.3, 5.4, 5.5, 5.22, 5.25: each kind does in each phase what the table says', async (t) => {
  for (const [line, ...asked] of COMMANDS) {
    for (const name of PHASE_NAMES) {
      t.equal(effectOf(name, line), phaseEffect(Phase[name], ...asked), `${line} in ${name}`);
    }
  }
  const rows = new Set(COMMANDS.map(([, ...asked]) => phaseRow(...asked)));
  t.equal(rows.size, PHASE_ROWS.length, 'every row is played');
});
