/** The head of the page: how it stands to the venue, and how fast both are. The page's thread. */

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { countText, durationText } from '../watch/number-text.js';
import { isLive, type VenueStatus } from '../watch/venue-link.js';
import { rates, venue } from './page-state.js';

const COUNTDOWN_MS = 200;

const now = signal(Date.now());

function headline({ word }: VenueStatus): string {
  switch (word) {
    case 'connecting':
      return 'Connecting';
    case 'live':
      return 'Live';
    case 'limited':
      return 'Cancels only';
    case 'stale':
      return 'Stale: the venue is silent';
    case 'reconnecting':
      return 'Reconnecting';
    case 'refused':
      return 'Refused';
  }
}

function detail({ word, why, nextAttemptMs, attempt }: VenueStatus, nowMs: number): string {
  if (word === 'limited') return why;
  if (word === 'refused') return `${why}. Reload the page to try again.`;
  if (word !== 'reconnecting') return '';
  if (nextAttemptMs <= nowMs) return `attempt ${attempt} is under way`;
  return `attempt ${attempt} in ${((nextAttemptMs - nowMs) / 1000).toFixed(1)} s`;
}

/** Moves only while there is something to count down. */
function useCountdown(nextAttemptMs: number): void {
  useEffect(() => {
    now.value = Date.now();
    if (nextAttemptMs === 0) return;
    const timer = setInterval(() => {
      now.value = Date.now();
    }, COUNTDOWN_MS);
    return () => clearInterval(timer);
  }, [nextAttemptMs]);
}

export function StatusBar() {
  const status = venue.value;
  useCountdown(status.nextAttemptMs);
  const second = rates.value;
  const live = isLive(status) ? second : null;
  return (
    <header class="bar">
      <h1>Tredye</h1>
      <p class={`venue ${status.word}`}>
        <span class="dot" aria-hidden="true" />
        <strong role="status">{headline(status)}</strong> <span class="detail">{detail(status, now.value)}</span>
      </p>
      <dl class="measures">
        <div title="Median of the last second: from the venue's sending to this page's having it, above the fastest message">
          <dt>Latency</dt>
          <dd>{durationText(live?.latencyUs ?? Number.NaN)}</dd>
        </div>
        <div title="Median of the last second: work of this page for one frame, layout and paint included">
          <dt>Frame</dt>
          <dd>{durationText(second?.frameUs ?? Number.NaN)}</dd>
        </div>
        <div title="Changes that the venue sent in the last second">
          <dt>Ticks</dt>
          <dd>{live === null ? durationText(Number.NaN) : `${countText(live.records)}/s`}</dd>
        </div>
        {second !== null && second.missed > 0 && (
          <div title="The venue left trades out because this page read too slowly">
            <dt>Gaps</dt>
            <dd>{countText(second.missed)}</dd>
          </div>
        )}
      </dl>
    </header>
  );
}
