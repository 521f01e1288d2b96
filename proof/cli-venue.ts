/**
 * A venue for tests of commands: a real platform, and the commands that speak with it as processes in a folder of their own.
 */

import { join } from 'node:path';
import type { Test } from 'tap';
import { type CliRun, tredye } from '../platform/cli/cli-process.js';
import { EXIT_CLEAN } from '../platform/exit-codes.js';
import { PlatformProcess } from './platform-process.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];

export interface TestVenue {
  readonly platform: PlatformProcess;
  readonly data: string;
  /** In a folder of its own, with the operator's key. */
  run(...args: readonly string[]): Promise<CliRun>;
  /** What it prints with --json. */
  json<Printed>(...args: readonly string[]): Promise<Printed>;
}

export async function startVenue(t: Test, flags: readonly string[] = []): Promise<TestVenue> {
  const folder = t.testdir();
  const data = join(folder, 'data');
  const platform = await PlatformProcess.start({ data, flags: [...SMALL, ...flags] });
  t.teardown(() => platform.kill());
  const url = `ws://127.0.0.1:${platform.ready.port}`;
  const environment = { TREDYE_URL: url, TREDYE_KEY: platform.ready.adminKey, TREDYE_DATA: data };
  const run = (...args: readonly string[]) => tredye(args, { environment, cwd: folder });
  const json = async <Printed>(...args: readonly string[]): Promise<Printed> => {
    const ran = await run(...args, '--json');
    if (ran.code !== EXIT_CLEAN) throw new Error(`tredye ${args.join(' ')} ended with ${ran.code}: ${ran.err}`);
    return JSON.parse(ran.out) as Printed;
  };
  return { platform, data, run, json };
}

/** What tredye audit says of one command. */
export interface AuditLine {
  readonly name: string;
  readonly what: string;
  readonly why: string | null;
  readonly answer: string;
}
