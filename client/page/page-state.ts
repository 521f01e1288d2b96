/** What the page shows that is not a price: signals, each set from one place and read by components. The page's thread. */

import { computed, signal } from '@preact/signals';
import { MarketView } from '../watch/market-view.js';
import { isLive, type VenueStatus } from '../watch/venue-link.js';
import type { ListedInstrument, Rates } from './worker-messages.js';

/** Prices are too many for signals: components read the view when a frame is drawn. */
export const view = new MarketView(Date.now());

export const venue = signal<VenueStatus>({ word: 'connecting', why: '', nextAttemptMs: 0, attempt: 0 });
export const rates = signal<Rates | null>(null);
/** By symbol; null: not told yet. */
export const instruments = signal<readonly ListedInstrument[] | null>(null);
const selectedId = signal(0);

/** What is looked at; null while there is nothing to look at. */
export const selected = computed(() => instruments.value?.find(({ id }) => id === selectedId.value) ?? null);
/** Prices may be old. */
export const isStale = computed(() => !isLive(venue.value));

/** Takes in what is new or changed; the others stay the objects that they are. */
export function listInstruments(listed: readonly ListedInstrument[]): void {
  const byId = new Map((instruments.peek() ?? []).map((instrument) => [instrument.id, instrument]));
  for (const instrument of listed) byId.set(instrument.id, instrument);
  instruments.value = [...byId.values()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  if (selected.peek() !== null) return;
  const first = instruments.value.find(isNamed) ?? instruments.value[0];
  if (first !== undefined) selectedId.value = first.id;
}

const addressOf = (symbol: string): string => `#${encodeURIComponent(symbol)}`;

/** Whether the address names it: compared as it is written there, for not every address can be taken apart. */
function isNamed({ symbol }: ListedInstrument): boolean {
  return [`#${symbol}`, addressOf(symbol)].includes(location.hash);
}

/** Also names it in the address, so that a link opens on it. */
export function select({ id, symbol }: ListedInstrument): void {
  selectedId.value = id;
  history.replaceState(null, '', addressOf(symbol));
}
