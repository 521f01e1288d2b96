// Entry of `make check`: runs every check of the tree and fails when one of them did.
import { dirname } from 'node:path';
import { runChecks } from './check.js';

const root = dirname(dirname(import.meta.dirname));
const failed = await runChecks(root, (line) => console.log(line));
console.log(failed === 0 ? 'all checks passed' : `${failed} checks failed`);
process.exitCode = failed === 0 ? 0 : 1;
