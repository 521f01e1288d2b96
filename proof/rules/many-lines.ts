/**
 * Rule tables that need more lines than a reader wants: written by loops, in the language of the others. The tests of the rules
 * play them, and the battery that judges mutants does. Any thread.
 */

import { casesOf, type RuleCase } from './rule-cases.js';

/** Moves of a shard that have not ended (rule 6.19). */
const MOST_TRANSIT = 1024;

function transitIsFull(): string {
  const moves = Array.from({ length: MOST_TRANSIT }, () => 'operator move-out EUR 1 to=1');
  return [
    `rule 6.19: ${MOST_TRANSIT} moves may be on their way, and the next one waits until one has ended`,
    'venue empty shard=0 shards=2',
    'account operator',
    'asset EUR',
    'operator open',
    'operator deposit EUR 2000',
    ...moves,
    'operator move-out EUR 1 to=1',
    `> Rejected operator TransitFull amount=${MOST_TRANSIT}`,
    'move-done to=1 number=1',
    '> MoveEnded #1 amount=1',
    'operator move-out EUR 1 to=1',
    '> MovedOut operator',
    '> BalanceChanged operator amount=-1',
  ].join('\n');
}

/** Each as a case, like those of proof/rules. */
export function manyLineCases(): RuleCase[] {
  return casesOf('many-lines.ts', transitIsFull());
}
