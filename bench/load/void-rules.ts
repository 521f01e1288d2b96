/** When a run over the network does not count: the generator lagged, or something came that was no answer. */

import type { LoadResult, OpenLoopResult } from './generator/load-run.js';

const LEAST_SENT_SHARE = 0.99;
const MOST_LAG_P99_US = 1000;

/** Why answers void a run, whatever the machine does; one sentence each. */
export function wrongAnswers(what: string, { commands, answered, wrong }: LoadResult): string[] {
  const findings = wrong.map((one) => `${what}: ${one}`);
  if (findings.length === 0 && answered !== commands)
    findings.push(`${what}: ${answered} of ${commands} were answered`);
  return findings;
}

/** Why the generator's own lag voids a run; one sentence each. */
export function generatorLag(what: string, { sentShare, lag, planned }: OpenLoopResult): string[] {
  const findings: string[] = [];
  if (planned === 0 || sentShare < LEAST_SENT_SHARE) {
    findings.push(`${what}: the generator sent ${(sentShare * 100).toFixed(1)}% of its plan in time`);
  }
  if (lag.p99 > MOST_LAG_P99_US) findings.push(`${what}: the generator lagged ${lag.p99} us at p99`);
  return findings;
}
