/**
 * `make kill ROUNDS=20`: the kills from the command line.
 * Environment: ROUNDS (default 20), SEED (default from the clock, printed), SHARDS (default 1), GATEWAYS (default as
 * many), KEEP=1 leaves the scratch folder.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { medianOf } from '../median.js';
import { printResult } from '../result.js';
import { KILL_WAYS, runKills } from './kill.js';

function numberOf(name: string, fallback: number, most: number): number {
  const text = process.env[name] ?? '';
  if (text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    process.stderr.write(`${name} must be a whole number from 1 to ${most}; it is "${text}".\n`);
    process.exit(2);
  }
  return value;
}

const rounds = numberOf('ROUNDS', 20, 10_000);
const seed = numberOf('SEED', 1 + (Date.now() % 0x7fffffff), 0x7fffffff);
const shards = numberOf('SHARDS', 1, 16);
const gateways = numberOf('GATEWAYS', shards, 16);
const scratch = mkdtempSync(join(tmpdir(), 'tredye-kill-'));
const say = (line: string) => process.stdout.write(`${line}\n`);
say(`killing the platform ${rounds} times under load, seed ${seed}, ${shards} shard(s), ${gateways} gateway(s)`);
try {
  const summary = await runKills({ rounds, seed, shards, gateways, scratch, say });
  const { inFlight, restartMs } = summary;
  printResult('kill.rounds', summary.rounds, 'kills', 1, `expected=${rounds}`);
  for (const way of KILL_WAYS) printResult(`kill.of_${way}`, summary.byWay[way], 'kills');
  printResult('kill.recoveries_killed', summary.recoveriesKilled, 'starts');
  printResult('kill.in_flight_min', Math.min(...inFlight), 'commands');
  printResult('kill.in_flight_median', medianOf(inFlight), 'commands');
  printResult('kill.in_flight_max', Math.max(...inFlight), 'commands');
  printResult('kill.torn_tails', summary.tornTails, 'cut');
  printResult('kill.acknowledged', summary.acknowledged, 'commands');
  printResult('kill.never_happened', summary.neverHappened, 'commands');
  printResult('kill.snapshots', summary.snapshots, 'snapshots');
  printResult('kill.restart_median', Math.round(medianOf(restartMs)), 'ms');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  if (process.env.KEEP === '1') say(`kept: ${scratch}`);
  else rmSync(scratch, { recursive: true, force: true });
}
