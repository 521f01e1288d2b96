/**
 * What each kind of command does in each phase of its instrument: the one table that the engine's checks, the model, the
 * documents and the client share. Any thread. The engine makes masks and arrays of it at load; nothing looks here once a
 * command.
 */

import { CommandKind, OrderType, Phase, Reason, TimeInForce } from './codes.js';

export type PhaseName = keyof typeof Phase;

/**
 * matches: trades at once, the rest rests or goes. rests: waits in the book for an uncross. posts: rests, and is refused
 * where it would trade. waits: outside of the book, for its trigger. applies: is carried out. Else the reason of its refusal.
 */
export type PhaseEffect = 'matches' | 'rests' | 'posts' | 'waits' | 'applies' | 'NotInThisPhase' | 'NotInAuction';

export interface PhaseRow {
  /** As a document calls it. */
  readonly what: string;
  readonly kinds: readonly (keyof typeof CommandKind)[];
  /** Of New: which orders; left out, all that no row before it names. */
  readonly types?: readonly (keyof typeof OrderType)[];
  readonly timesInForce?: readonly (keyof typeof TimeInForce)[];
  /** Whether the order has a price: a market order's is its worst one. */
  readonly priced?: boolean;
  readonly effects: Readonly<Record<PhaseName, PhaseEffect>>;
}

const NO = 'NotInThisPhase';
const EVERYWHERE: PhaseRow['effects'] = {
  Closed: 'applies',
  PreOpen: 'applies',
  Auction: 'applies',
  Continuous: 'applies',
  Halted: 'applies',
  CancelOnly: 'applies',
  PostOnly: 'applies',
  VolatilityAuction: 'applies',
};
const NOWHERE: PhaseRow['effects'] = {
  Closed: NO,
  PreOpen: NO,
  Auction: NO,
  Continuous: NO,
  Halted: NO,
  CancelOnly: NO,
  PostOnly: NO,
  VolatilityAuction: NO,
};
const TRADING: PhaseRow['effects'] = {
  ...NOWHERE,
  PreOpen: 'rests',
  Auction: 'rests',
  Continuous: 'matches',
  PostOnly: 'posts',
  VolatilityAuction: 'rests',
};
const AT_ONCE: PhaseRow['effects'] = {
  ...NOWHERE,
  PreOpen: 'NotInAuction',
  Auction: 'NotInAuction',
  Continuous: 'matches',
  VolatilityAuction: 'NotInAuction',
};
const WAITING: PhaseRow['effects'] = {
  ...NOWHERE,
  PreOpen: 'waits',
  Auction: 'waits',
  Continuous: 'waits',
  PostOnly: 'waits',
  VolatilityAuction: 'waits',
};

/** The first row that fits a command says what it does. */
export const PHASE_ROWS: readonly PhaseRow[] = [
  { what: 'New, stop', kinds: ['New'], types: ['Stop', 'StopLimit', 'TrailingStop'], effects: WAITING },
  { what: 'New, IOC or FOK', kinds: ['New'], timesInForce: ['ImmediateOrCancel', 'FillOrKill'], effects: AT_ONCE },
  { what: 'New, market with a worst price', kinds: ['New'], types: ['Market'], priced: true, effects: AT_ONCE },
  { what: 'New, market', kinds: ['New'], types: ['Market'], effects: { ...TRADING, PostOnly: NO } },
  { what: 'New, all others', kinds: ['New'], effects: TRADING },
  { what: 'Replace, CancelReplace', kinds: ['Replace', 'CancelReplace'], effects: TRADING },
  {
    what: 'Cancel, MassCancel of an instrument',
    kinds: ['Cancel', 'MassCancel'],
    effects: { ...EVERYWHERE, Closed: NO },
  },
  { what: 'OrderStatus', kinds: ['OrderStatus'], effects: EVERYWHERE },
  {
    what: 'SetPhase, EndOfDay, ReferencePrice',
    kinds: ['SetPhase', 'EndOfDay', 'ReferencePrice'],
    effects: EVERYWHERE,
  },
  { what: 'Uncross', kinds: ['Uncross'], effects: { ...NOWHERE, Auction: 'applies', VolatilityAuction: 'applies' } },
];

/** All phases by their codes. */
export const PHASE_NAMES = Object.keys(Phase).filter((name) => Number.isNaN(Number(name))) as PhaseName[];

/** The row of a command; type, timeInForce and priced count for New only. Undefined: its kind is about no phase. */
export function phaseRow(
  kind: CommandKind,
  type: OrderType = OrderType.Limit,
  timeInForce: TimeInForce = TimeInForce.Day,
  priced = true,
): PhaseRow | undefined {
  return PHASE_ROWS.find(
    (one) =>
      one.kinds.some((name) => CommandKind[name] === kind) &&
      (one.types === undefined || one.types.some((name) => OrderType[name] === type)) &&
      (one.timesInForce === undefined || one.timesInForce.some((name) => TimeInForce[name] === timeInForce)) &&
      (one.priced === undefined || one.priced === priced),
  );
}

/** What a command does in a phase; as phaseRow. */
export function phaseEffect(
  phase: Phase,
  kind: CommandKind,
  type?: OrderType,
  timeInForce?: TimeInForce,
  priced?: boolean,
): PhaseEffect | undefined {
  return phaseRow(kind, type, timeInForce, priced)?.effects[Phase[phase] as PhaseName];
}

/** The reason of a refusal; Reason.None: it is not refused for its phase. */
export function phaseRefusal(effect: PhaseEffect | undefined): Reason {
  return effect === NO || effect === 'NotInAuction' ? Reason[effect] : Reason.None;
}

/** Bit p is set when a command of this kind (of New: a limit order that may rest) is taken in the phase with code p. */
export function phasesThatTake(kind: CommandKind): number {
  return maskOf((phase) => phaseRefusal(phaseEffect(phase, kind)) === Reason.None);
}

/** Bit p is set when orders trade at once in the phase with code p. */
export function phasesThatMatch(): number {
  return maskOf((phase) => phaseEffect(phase, CommandKind.New) === 'matches');
}

/** Bit p is set when the book must not be crossed in the phase with code p, and holds no market orders. */
export function phasesWithoutCrossing(): number {
  return maskOf((phase) => ['matches', 'posts'].includes(phaseEffect(phase, CommandKind.New) ?? ''));
}

function maskOf(holds: (phase: Phase) => boolean): number {
  return PHASE_NAMES.reduce((mask, name) => (holds(Phase[name]) ? mask | (1 << Phase[name]) : mask), 0);
}
