/**
 * Commands put aside: DATA/shard-N/aside/SEQUENCE-N.cmd.json, one file for each command at which the engine threw twice,
 * whole on disk or not there. For people who look for the bug; nothing reads them again. Supervisor thread, and
 * `tredye journal aside`.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION_WORD } from '../engine/journal/record.js';

import type { ShardThrew } from '../engine/shard/worker-data.js';
import { commandObject, type PlainObject } from './cli/journal/record-objects.js';
import { syncDirectory, writeWhole } from './data-directory.js';
import { platformVersion } from './version.js';

const SUFFIX = '.cmd.json';
const MODE = 0o600;

/** What such a file says, one command. */
export interface AsideCommand {
  readonly shard: number;
  /** The command sequence at which the engine threw. */
  readonly sequence: number;
  /** ISO 8601. */
  readonly time: string;
  /** The producer: gateway index and 1. */
  readonly ring: number;
  readonly position: number;
  readonly version: string;
  /** Schema and behaviour version, as journals name them. */
  readonly versions: number;
  /** Its records as the engine got them, 64 bytes each. */
  readonly bytes: string;
  /** The same in words, as `tredye journal cat` shows it. */
  readonly command: PlainObject;
  readonly stack: string;
}

function asideDirectory(dataPath: string, shard: number): string {
  return join(dataPath, `shard-${shard}`, 'aside');
}

/** Writes it and returns its path. Throws an error of the system when it is not on disk. */
export function putAside(dataPath: string, { shard, command, where }: ShardThrew): string {
  const { ring, position, sequence, words } = command;
  const directory = asideDirectory(dataPath, shard);
  if (mkdirSync(directory, { recursive: true }) !== undefined) syncDirectory(join(directory, '..'));
  const aside: AsideCommand = {
    shard,
    sequence,
    time: new Date().toISOString(),
    ring,
    position,
    version: platformVersion(),
    versions: VERSION_WORD,
    bytes: Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString('hex'),
    command: commandObject(words, 0, sequence),
    stack: where,
  };
  for (let number = 1; ; number++) {
    const path = join(directory, `${sequence}-${number}${SUFFIX}`);
    if (existsSync(path)) continue;
    writeWhole(path, `${JSON.stringify(aside, null, 2)}\n`, MODE);
    return path;
  }
}

/** All that were put aside of a shard, by sequence. */
export function readAside(dataPath: string, shard: number): AsideCommand[] {
  const directory = asideDirectory(dataPath, shard);
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.endsWith(SUFFIX));
  const found = names.map((name): AsideCommand => JSON.parse(readFileSync(join(directory, name), 'utf8')));
  return found.sort((one, other) => one.sequence - other.sequence);
}
