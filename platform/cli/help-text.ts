/**
 * What every command's --help shows besides its options: examples, and at the program itself the exit codes. Any thread.
 */

import { EXIT_CODES } from '../exit-codes.js';

/** For addHelpText('after', …). */
export function examples(...lines: readonly string[]): string {
  const head = lines.length === 1 ? 'Example:' : 'Examples:';
  return `\n${[head, ...lines.map((line) => `  ${line}`)].join('\n')}`;
}

export function exitCodesText(): string {
  const lines = EXIT_CODES.map(([code, means]) => `  ${String(code).padStart(2)}  ${means}`);
  return `\n${['Exit codes:', ...lines].join('\n')}`;
}
