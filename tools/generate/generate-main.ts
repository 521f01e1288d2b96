/**
 * `node build/tools/generate/generate-main.js code|documents` writes what generate.ts makes into the tree it is started in.
 * Files that are no longer made are removed from schemas/generated.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateCode, generateDocuments } from './generate.js';

const what = process.argv[2];
if (what !== 'code' && what !== 'documents') throw new Error('Say what to generate: code or documents.');
const files = what === 'code' ? await generateCode('.') : await generateDocuments();
for (const [path, text] of files) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
if (what === 'code') {
  for (const entry of readdirSync('schemas/generated', { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(path)) rmSync(path);
  }
}
console.log(`${files.size} generated files of ${what}`);
