/**
 * Stryker runs this in the copy, behind its own work on the code: `node quicken-main.js FILE...`. Whether a mutant is on is a
 * comparison of words then instead of texts, and hits are counted in the dry run alone. Decision 0015 says what it gives.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { quickened } from './quicken.js';

for (const file of process.argv.slice(2)) writeFileSync(file, quickened(readFileSync(file, 'utf8')));
