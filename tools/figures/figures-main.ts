// Entry of `make figures`: README.md's figures, bench/REPORT.md and the plots anew from bench/results.json.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { figureFiles, strayPlots } from './figures.js';

const root = dirname(dirname(dirname(import.meta.dirname)));

const files = figureFiles(root);
for (const [path, content] of files) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
for (const path of strayPlots(root, files)) rmSync(join(root, path));
