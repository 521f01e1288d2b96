/**
 * Which files under a folder a process has open, and whether with O_DSYNC. Linux; asks /proc.
 * SIGKILL does not test durability, for the page cache survives it: the flag is what can be seen from outside.
 */

import { constants, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface OpenFile {
  readonly path: string;
  readonly writable: boolean;
  readonly synced: boolean;
}

/** None of a process that has ended. */
export function openFilesUnder(folder: string, pid: number | 'self'): OpenFile[] {
  const found: OpenFile[] = [];
  const descriptors = `/proc/${pid}/fd`;
  for (const descriptor of existsSync(descriptors) ? readdirSync(descriptors) : []) {
    let path: string;
    let info: string;
    try {
      path = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      info = readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8');
    } catch {
      continue; // closed since the folder was listed
    }
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
    if (path.startsWith(folder) && flags !== undefined) {
      const bits = Number.parseInt(flags, 8);
      const writable = (bits & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
      found.push({ path, writable, synced: (bits & constants.O_DSYNC) !== 0 });
    }
  }
  return found;
}
