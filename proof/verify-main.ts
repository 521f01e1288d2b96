/**
 * `make verify`: everything in a data directory that can be proved from it alone, with RESULT lines. `tredye journal check`
 * says the same to people. Exits 0 only when all of it holds.
 */

import { verifyVenue } from '../platform/cli/journal/check.js';
import { PlatformError } from '../platform/exit-codes.js';
import { printResult } from './result.js';

const [directory = 'data'] = process.argv.slice(2);
try {
  const shards = verifyVenue(directory, (text) => void process.stdout.write(`${text}\n`));
  const sum = (of: (shard: (typeof shards)[number]) => number): number => shards.reduce((all, one) => all + of(one), 0);
  const problems = sum((shard) => shard.problems.length);
  printResult(
    'verify.commands',
    sum(({ commands }) => commands),
    'commands',
  );
  printResult(
    'verify.events',
    sum(({ events }) => events),
    'events',
  );
  printResult(
    'verify.snapshots',
    sum(({ snapshots }) => snapshots),
    'snapshots',
  );
  printResult('verify.problems', problems, 'problems');
  process.exitCode = problems === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof PlatformError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
