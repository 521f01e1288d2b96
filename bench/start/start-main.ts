/**
 * `make bench-start`: how soon a platform with a journal of a million commands takes an order after its start, and
 * after its death below its parent. COMMANDS and STARTS change the journal's length and the number of starts, and of deaths. Exit code 0 when the median of the starts is within
 * the limit, 1 otherwise.
 */

import { medianOf } from '../../proof/median.js';
import { printResult } from '../../proof/result.js';
import { endWith } from '../end-with.js';
import { measureStarts } from './start.js';

const LIMIT_MS = 2_000;
const DEATH_GOAL_MS = 1_000;
const COMMANDS = Number(process.env.COMMANDS ?? 1_000_000);
const STARTS = Number(process.env.STARTS ?? 5);

async function main(): Promise<number> {
  if (!(Number.isSafeInteger(COMMANDS) && COMMANDS > 0 && Number.isSafeInteger(STARTS) && STARTS > 0)) {
    process.stderr.write('COMMANDS and STARTS must be whole numbers above 0.\n');
    return 1;
  }
  const say = (line: string): boolean => process.stderr.write(`${line}\n`);
  const { journaled, firstOrderMs, recoveryMs, cpuMs, afterDeathMs } = await measureStarts({
    commands: COMMANDS,
    starts: STARTS,
    deaths: STARTS,
    say,
  });
  const median = medianOf(firstOrderMs);
  printResult('start.journal', journaled, 'commands');
  printResult('start.first_order', median.toFixed(0), 'ms', (median / LIMIT_MS).toFixed(2), `limit=${LIMIT_MS}`);
  printResult('start.first_order_slowest', Math.max(...firstOrderMs).toFixed(0), 'ms');
  printResult('start.cpu', medianOf(cpuMs).toFixed(0), 'ms');
  printResult('start.replay', medianOf(recoveryMs).toFixed(0), 'ms');
  const behind = medianOf(afterDeathMs);
  const [death, ratio] = [behind.toFixed(0), (behind / DEATH_GOAL_MS).toFixed(2)];
  printResult('start.after_death', death, 'ms', ratio, `goal=${DEATH_GOAL_MS}`);
  printResult('start.after_death_slowest', Math.max(...afterDeathMs).toFixed(0), 'ms');
  return median <= LIMIT_MS ? 0 : 1;
}

endWith(main());
