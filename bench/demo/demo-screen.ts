/**
 * What a demo shows of itself while it plays: a bar on a terminal, a line now and then elsewhere. On standard error, so
 * that the closing lines alone are on standard output. One thread.
 */

import { SingleBar } from 'cli-progress';
import { timeOfDay } from './day-clock.js';
import type { DayProgress } from './day-player.js';

const PLAIN_LINE_EVERY_MS = 2_000;
/** The rate is that of the last seconds, not of the whole day. */
const RATE_OVER_MS = 2_000;

/** Counts as people read them. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function milliseconds(microseconds: number): string {
  return (microseconds / 1000).toFixed(microseconds < 10_000 ? 2 : 0);
}

export class DemoScreen {
  private readonly bar: SingleBar | null;
  private readonly samples: { readonly at: number; readonly answered: number }[] = [];
  private started = false;
  private saidAt = 0;

  constructor(private readonly out: NodeJS.WriteStream) {
    this.bar =
      out.isTTY === true
        ? new SingleBar({ format: '{clock} [{bar}] {percentage}% {text}', barsize: 20, hideCursor: true, stream: out })
        : null;
  }

  show(now: DayProgress, total: number, expectedTrades: number): void {
    const clock = timeOfDay(now.dayTime);
    const text = this.textOf(now, expectedTrades);
    if (this.bar !== null) {
      if (!this.started) this.bar.start(total, 0, { clock, text });
      this.started = true;
      this.bar.update(now.answered, { clock, text });
      return;
    }
    const at = performance.now();
    if (this.started && at - this.saidAt < PLAIN_LINE_EVERY_MS && now.answered < total) return;
    this.started = true;
    this.saidAt = at;
    this.out.write(`${clock} ${Math.floor((100 * now.answered) / total)}% ${text}\n`);
  }

  /** The terminal is the next line's. */
  stop(): void {
    this.bar?.stop();
  }

  private textOf({ answered, trades, behindMs, latency }: DayProgress, expectedTrades: number): string {
    const p50 = milliseconds(latency.getValueAtPercentile(50));
    const p99 = milliseconds(latency.getValueAtPercentile(99));
    const parts = [
      `${count(this.rate(answered))} commands/s`,
      `${count(trades)} of ${count(expectedTrades)} trades`,
      `durable in ${p50} ms, p99 ${p99} ms`,
    ];
    if (behindMs >= 100) parts.push(`${(behindMs / 1000).toFixed(1)} s late`);
    return parts.join(' | ');
  }

  private rate(answered: number): number {
    const at = performance.now();
    this.samples.push({ at, answered });
    while (this.samples.length > 2 && at - (this.samples[0]?.at ?? at) > RATE_OVER_MS) this.samples.shift();
    const first = this.samples[0];
    if (first === undefined || at === first.at) return 0;
    return ((answered - first.answered) * 1000) / (at - first.at);
  }
}
