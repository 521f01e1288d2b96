/**
 * How long a shard's recovery takes with a long journal, and with a snapshot near its end: a flow over the socket writes all but
 * the last commands, a snapshot is made of them, and the rest is written behind it. Then the same journal is recovered with
 * and without the snapshot in turn, in processes that do nothing else. Runs in a scratch folder.
 */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Auditor } from '../../engine/audit/auditor.js';
import { RealDisk } from '../../engine/journal/disk.js';
import { DEFAULT_LIMITS } from '../../engine/limits.js';
import { journalDirectory } from '../../platform/data-directory.js';
import { findRecording, repositoryFolder } from '../../proof/recordings/data-folder.js';
import { planFlow } from '../../proof/recordings/flow-plan.js';
import { FLOW, goOnWithJournal, makeJournal } from './start.js';

const RECOVER_MAIN = fileURLToPath(new URL('./recover-main.js', import.meta.url));
const IDENTITY = { shard: 0, shardCount: 1 };

export interface LongRecoveryOptions {
  /** Of the whole journal, about, and of what lies behind the snapshot. */
  readonly commands: number;
  readonly behind: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

export interface Recovered {
  readonly commands: number;
  readonly ms: number;
}

export interface LongRecoveryOutcome {
  readonly journalBytes: number;
  /** By round: all of the journal, and the snapshot with what is behind it. */
  readonly whole: readonly Recovered[];
  readonly behind: readonly Recovered[];
}

export async function measureLongRecovery(options: LongRecoveryOptions): Promise<LongRecoveryOutcome> {
  const { commands, behind, rounds, say } = options;
  const plan = await planFlow(join(findRecording(FLOW).folder, 'commands.bin.gz'));
  const scratch = join(repositoryFolder(), 'scratch');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, `long-recovery-${process.pid}-`));
  const data = join(folder, 'data');
  const journal = journalDirectory(data, 0);
  try {
    await makeJournal(data, plan, { commands: commands - behind, say });
    say('writing a snapshot of it');
    writeSnapshotOf(journal);
    await goOnWithJournal(data, plan, { commands: behind, say });
    const outcome = { whole: [] as Recovered[], behind: [] as Recovered[] };
    for (let round = 1; round <= rounds; round++) {
      for (const [name, more] of [
        ['behind', ['snapshot']],
        ['whole', []],
      ] as const) {
        const { stdout } = await promisify(execFile)(process.execPath, [RECOVER_MAIN, journal, ...more]);
        const { commands: replayed, wholeMs } = JSON.parse(stdout) as { commands: number; wholeMs: number };
        const recovered = { commands: replayed, ms: wholeMs };
        outcome[name].push(recovered);
        say(`round ${round}, ${name}: ${recovered.commands} commands in ${recovered.ms.toFixed(0)} ms`);
      }
    }
    const journalBytes = readdirSync(journal).reduce((sum, name) => sum + statSync(join(journal, name)).size, 0);
    return { journalBytes, ...outcome };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As the auditor does beside a platform; nobody writes the journal now. */
function writeSnapshotOf(journal: string): void {
  const auditor = new Auditor({
    disk: new RealDisk(),
    journal,
    identity: IDENTITY,
    limits: DEFAULT_LIMITS,
    bucketSeed: 1,
    bad: ({ path, why }) => {
      throw new Error(`The snapshot ${path} cannot be used: ${why}.`);
    },
  });
  while (auditor.follow(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY) > 0);
  if (auditor.snapshot() === null) throw new Error('The journal is empty.');
  auditor.close();
}
