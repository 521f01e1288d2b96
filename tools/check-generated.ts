/**
 * The step of `make check` that refuses stale or edited generated files: everything is made again in memory and compared
 * byte by byte with the tree. Runs in the tools' main thread.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { generateCode, generateDocuments } from './generate/generate.js';

/** One line for each generated file that differs, is missing or is there without a source. */
export async function generatedFindings(root: string): Promise<string[]> {
  const files = new Map([...(await generateCode(root)), ...(await generateDocuments())]);
  const findings: string[] = [];
  for (const [path, text] of files) {
    if (!existsSync(join(root, path))) findings.push(`${path}: missing, run \`make generate\``);
    else if (!readFileSync(join(root, path)).equals(Buffer.from(text))) {
      findings.push(`${path}: not what its source makes, run \`make generate\``);
    }
  }
  for (const entry of readdirSync(join(root, 'schemas/generated'), { recursive: true, withFileTypes: true })) {
    const path = relative(root, join(entry.parentPath, entry.name));
    if (entry.isFile() && !files.has(path) && !path.includes('__pycache__')) {
      findings.push(`${path}: made from nothing, run \`make generate\``);
    }
  }
  return findings;
}
