/**
 * `make bench-recovery`: a recovery of ten million commands, and of a snapshot with a million behind it. COMMANDS, BEHIND and
 * ROUNDS change that. Exit code 0 when it ran; the goals are ratios of the results.
 */

import { medianOf } from '../../proof/median.js';
import { printResult } from '../../proof/result.js';
import { endWith } from '../end-with.js';
import { measureLongRecovery, type Recovered } from './long-recovery.js';

const WHOLE_GOAL_MS = 4_000;
const BEHIND_GOAL_MS = 1_000;
const REPLAY_GOAL = 5_000_000;
const COMMANDS = Number(process.env.COMMANDS ?? 10_000_000);
const BEHIND = Number(process.env.BEHIND ?? 1_000_000);
const ROUNDS = Number(process.env.ROUNDS ?? 3);

async function main(): Promise<number> {
  const numbers = [COMMANDS, BEHIND, ROUNDS];
  if (!numbers.every((number) => Number.isSafeInteger(number) && number > 0) || BEHIND >= COMMANDS) {
    process.stderr.write('COMMANDS, BEHIND and ROUNDS must be whole numbers above 0, BEHIND below COMMANDS.\n');
    return 1;
  }
  const say = (line: string): boolean => process.stderr.write(`${line}\n`);
  const options = { commands: COMMANDS, behind: BEHIND, rounds: ROUNDS, say };
  const { journalBytes, whole, behind } = await measureLongRecovery(options);
  const timeOf = (runs: readonly Recovered[]): number => medianOf(runs.map(({ ms }) => ms));
  const replay = medianOf(whole.map(({ commands, ms }) => (commands / ms) * 1000));
  printResult('recovery.journal', whole[0]?.commands ?? 0, 'commands');
  printResult('recovery.journal_bytes', journalBytes, 'bytes');
  printResult(
    'recovery.whole',
    timeOf(whole).toFixed(0),
    'ms',
    (timeOf(whole) / WHOLE_GOAL_MS).toFixed(2),
    `goal=${WHOLE_GOAL_MS}`,
  );
  printResult(
    'recovery.replay',
    replay.toFixed(0),
    'commands/s',
    (replay / REPLAY_GOAL).toFixed(2),
    `goal=${REPLAY_GOAL}`,
  );
  printResult('recovery.behind_snapshot', behind[0]?.commands ?? 0, 'commands');
  const last = timeOf(behind);
  printResult('recovery.snapshot', last.toFixed(0), 'ms', (last / BEHIND_GOAL_MS).toFixed(2), `goal=${BEHIND_GOAL_MS}`);
  return 0;
}

endWith(main());
