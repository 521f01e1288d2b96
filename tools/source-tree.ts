// Which files belong to the tree: everything except what is built, installed or scratch.
// Runs in the tools' main thread. Needs no git, so that an exported tree and a test's fixture are walked alike.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOREIGN_FOLDERS: ReadonlySet<string> = new Set([
  '.git',
  '.tap',
  '.venv',
  '__pycache__',
  'build',
  'node_modules',
  'scratch',
]);

/** Paths relative to `root`, with `/`, sorted. */
export function sourceFiles(root: string): string[] {
  const found: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      // In a worktree .git is a file.
      if (entry.isFile() && entry.name !== '.git') found.push(path);
      else if (entry.isDirectory() && !isForeign(entry.name)) folders.push(path);
    }
  }
  return found.sort();
}

function isForeign(folderName: string): boolean {
  return FOREIGN_FOLDERS.has(folderName) || folderName.startsWith('build-');
}
