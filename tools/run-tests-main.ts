// Entry of `make test`: the checks of the tree when asked for, then the tests, then one closing line.
// Usage: run-tests-main.js [--check] [--raise-floor] [--root DIR] [--build FOLDER] [--limit SECONDS] [PART-OF-A-PATH ...]
import { basename, dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runChecks } from './check.js';
import { closingLine, runTests, succeeded } from './run-tests.js';

const ownBuild = dirname(import.meta.dirname);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    'raise-floor': { type: 'boolean', default: false },
    root: { type: 'string', default: dirname(ownBuild) },
    limit: { type: 'string', default: '600' },
    build: { type: 'string', default: basename(ownBuild) },
  },
});
const root = resolve(values.root);
const print = (line: string): void => console.log(line);

const failedChecks = values.check ? await runChecks(root, print) : 0;
const outcome = await runTests({
  root,
  buildFolder: values.build,
  filters: positionals,
  raiseFloor: values['raise-floor'],
  fileTimeLimitMs: Number(values.limit) * 1000,
  print,
});
// A failed check counts as a failed test, a good one is no test and counts as nothing.
outcome.failed += failedChecks;
print(closingLine(outcome));
process.exitCode = succeeded(outcome) ? 0 : 1;
