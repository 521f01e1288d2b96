/**
 * The command line as its users meet it: a process with arguments, standard input and environment of its own. For tests.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { PlainObject } from './journal/record-objects.js';

export const CLI_ENTRY = fileURLToPath(new URL('./main.js', import.meta.url));
const LIMIT_MS = 120_000;

export interface CliOptions {
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** For node itself. */
  readonly nodeFlags?: readonly string[];
}

export interface CliRun {
  readonly code: number | null;
  readonly out: string;
  /** Without the end of its last line. */
  readonly err: string;
}

/** Without what the one who runs the tests has set for himself. */
export function cliEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('TREDYE_'));
  return { ...Object.fromEntries(own), ...more };
}

/** Runs `tredye` to its end. */
export async function tredye(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), CLI_ENTRY, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: cliEnvironment(options.environment),
    timeout: LIMIT_MS,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  child.stdin.end(options.input ?? '');
  const ended = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  return { code, out, err: err.trimEnd() };
}

/** The objects of JSON lines. */
export function jsonLines(lines: string): PlainObject[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
