/** What the page's thread and its worker say to one another, and how often. */

import type { PastTrade } from '../watch/tick-buffer.js';
import type { VenueStatus } from '../watch/venue-link.js';

/** The worker empties its tick buffer so often: a frame of a screen at 60 Hz. */
export const FRAME_MS = 16;
/** And so often when nobody looks. */
export const HIDDEN_MS = 500;

export interface ListedInstrument {
  readonly id: number;
  /** Its place in the tables of both threads. */
  readonly slot: number;
  readonly symbol: string;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  /** A Phase. */
  readonly phase: number;
}

/** The last second. NaN: nothing to measure. */
export interface Rates {
  /** Medians, µs. */
  readonly latencyUs: number;
  readonly frameUs: number;
  /** Records of the venue, and those that it left out because this page read too slowly. */
  readonly records: number;
  readonly missed: number;
}

/** What was traded in an instrument before this page heard of it, newest first. */
export interface Past {
  readonly slot: number;
  readonly trades: readonly PastTrade[];
}

/** Parts that did not change are left out. At most one message is under way: the next one goes when `drawn` has come. */
export interface FromWorker {
  /** A message of tick-layout.ts, transferred; it goes back with `drawn`. */
  readonly ticks?: ArrayBuffer;
  readonly venue?: VenueStatus;
  /** New and changed ones; the first time all. */
  readonly instruments?: readonly ListedInstrument[];
  readonly rates?: Rates;
  readonly past?: readonly Past[];
}

export type ToWorker =
  /** First of all. */
  | { readonly type: 'begin'; readonly url: string }
  /** What came is shown. ticks: transferred back. workUs: of the page's thread for it; NaN when nobody looks. */
  | { readonly type: 'drawn'; readonly ticks: ArrayBuffer | null; readonly workUs: number }
  | { readonly type: 'select'; readonly instrument: number; readonly symbol: string }
  | { readonly type: 'pace'; readonly everyMs: number };
