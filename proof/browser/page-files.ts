/** The built page: where it lies beside the compiled tree, and what a browser loads of it. For tests of the page. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

export const PAGE_FOLDER = fileURLToPath(new URL('../../page', import.meta.url));

/** All files of a built page by their paths in it. */
export function readPage(folder: string): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1), readFileSync(path));
  }
  return files;
}

/** Bytes of all of them, each as gzip makes it. */
export function gzippedBytes(files: ReadonlyMap<string, Buffer>): number {
  let sum = 0;
  for (const bytes of files.values()) sum += gzipSync(bytes, { level: 9 }).length;
  return sum;
}
