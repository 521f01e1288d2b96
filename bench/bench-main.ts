/**
 * `make bench`, `make bench-quick`, `make bench BENCH=NAME`: runs the benches and keeps what counts in
 * bench/results.json; what was kept before of one that does not count stays. Exit code 1 when one is void or broke off.
 *
 * Arguments: full, quick or small; names of benches, none for all. Small runs are not kept.
 */

import { repositoryFolder } from '../proof/recordings/data-folder.js';
import { BENCHES } from './benches.js';
import { keepRun, machineNow } from './kept-results.js';
import type { BenchSize } from './outcome.js';
import { runBenches } from './run-benches.js';

const SIZES: readonly string[] = ['full', 'quick', 'small'] satisfies BenchSize[];

function isSize(text: string): text is BenchSize {
  return SIZES.includes(text);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<number> {
  const [size = 'full', ...names] = process.argv.slice(2);
  const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (!isSize(size) || unknown.length > 0) {
    const all = BENCHES.map(({ name }) => name).join(', ');
    say(`There is no ${unknown.length > 0 ? `bench ${unknown.join(', ')}` : `size ${size}`}: the benches are ${all}.`);
    return 1;
  }
  const benches = BENCHES.filter(({ name }) => names.length === 0 || names.includes(name));
  const counted = await runBenches({
    benches,
    size,
    say,
    begin: (name) => {
      const machine = machineNow();
      return (outcome) => {
        if (size === 'full') keepRun(repositoryFolder(), 'runs', name, `make bench BENCH=${name}`, machine, outcome);
        if (size === 'quick')
          keepRun(repositoryFolder(), 'quick', name, `make bench-quick BENCH=${name}`, machine, outcome);
      };
    },
  });
  return counted ? 0 : 1;
}

process.exitCode = await main();
