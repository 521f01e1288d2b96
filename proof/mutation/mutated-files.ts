/** The files whose every mutant must be seen: what matches orders and keeps the money. Any thread. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export const MUTATED_FOLDERS = [
  'engine/state',
  'engine/ledger',
  'engine/money',
  'engine/matching',
  'engine/operations',
  'engine/administration',
  'engine/stops',
  'engine/book',
  'engine/timers',
];
/** Checkers themselves, what state is saved by, and what tests are made with: none of it decides what becomes of an order. */
const NOT_JUDGED = /validate|state-hash|state-image|made-engine|naive|\.test\./;

/** From the root of the tree, sorted. */
export function mutatedFiles(root: string): string[] {
  const inFolders = MUTATED_FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.ts') && !NOT_JUDGED.test(name))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
  return [...inFolders, 'engine/engine.ts'].sort();
}
