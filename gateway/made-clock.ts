/**
 * A gateway's clock for tests: it stands still until somebody moves it.
 */

import type { Clock } from './clock.js';

const START_MS = 1000;
const START_US = 1_700_000_000_000_000;

export class FakeClock implements Clock {
  ms = START_MS;
  nowMs(): number {
    return this.ms;
  }
  nowUs(): number {
    return START_US + this.ms * 1000;
  }
  readonly aheadUs = START_US;
}
