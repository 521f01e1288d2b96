/** Which mutants are tried: a part of all, and none that nothing could see. Stryker's main process, before any is run. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Mutant {
  readonly id: string;
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
}

/** Of a node of Babel's tree, as far as it is looked at. */
export interface SyntaxNode {
  readonly type: string;
  readonly name?: string;
  readonly operator?: string;
  readonly right?: SyntaxNode;
  readonly consequent?: SyntaxNode;
  readonly body?: readonly SyntaxNode[] | SyntaxNode;
}

/** One in `every`, chosen by `seed` and by what the mutant changes, and where. */
export function isInSample(mutant: Mutant, every: number, seed: string): boolean {
  const { fileName, mutatorName, replacement, location } = mutant;
  const file = fileName.split('/').slice(-2).join('/');
  const told = JSON.stringify([seed, file, mutatorName, replacement, location.start]);
  return createHash('sha256').update(told).digest().readUInt32LE() % every === 0;
}

/** Names of exported constants that are 0, in the compiled files of these folders. */
export function zeroNames(folders: readonly string[]): ReadonlySet<string> {
  const zero = /^(?:export )?const (\w+) = 0;$/gm;
  const files = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.js'))
        .map((name) => join(folder, name)),
    );
  return new Set(files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(zero)].map(([, name]) => name ?? '')));
}

/** Why the node is not changed; undefined when it is. */
export function whyPointless(node: SyntaxNode, zeros: ReadonlySet<string>): string | undefined {
  // Places in records have names, and the first one is 0: less nothing is the same as more nothing.
  const added = node.type === 'BinaryExpression' && node.operator === '+' ? node.right : undefined;
  if (added?.type === 'Identifier' && zeros.has(added.name ?? '')) return 'plus nothing';
  // An `if` that ends in a throw is an assert: proof/extremes shows that no input reaches it, and no test can.
  if (node.type === 'ThrowStatement') return 'an assert';
  if (node.type !== 'IfStatement') return undefined;
  const then = node.consequent;
  const last: SyntaxNode | undefined =
    then?.type === 'BlockStatement' && Array.isArray(then.body) ? then.body.at(-1) : then;
  return last?.type === 'ThrowStatement' ? 'an assert' : undefined;
}
