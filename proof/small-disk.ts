/**
 * A real file system of a few MiB, which really is full when it is full: a tmpfs of its own, and a file in it that takes the
 * room away and gives it back. Needs root, or sudo without a password. For tests and proofs.
 */

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEBIBYTE = 1024 * 1024;
const PAGE_BYTES = 4096;

function run(program: string, args: readonly string[]): void {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const [first = program, ...rest] = [...asRoot, program, ...args];
  const done = spawnSync(first, rest, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${done.stderr ?? done.error?.message}`);
}

export class SmallDisk {
  /** Where it is mounted; anyone may write there. */
  readonly path: string;
  readonly #ballast: string;

  constructor(mebibytes: number) {
    const path = mkdtempSync(join(tmpdir(), 'tredye-disk-'));
    this.path = path;
    this.#ballast = join(path, 'ballast');
    run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0777`, 'tmpfs', path]);
  }

  /** Takes away all but so much room. */
  leave(mebibytes: number): void {
    this.giveBack();
    const { bavail, bsize } = statfsSync(this.path);
    const pages = Math.max(0, Math.floor((bavail * bsize - mebibytes * MEBIBYTE) / PAGE_BYTES));
    const file = openSync(this.#ballast, 'w');
    try {
      const piece = Buffer.alloc(PAGE_BYTES);
      for (let page = 0; page < pages; page++) writeSync(file, piece);
    } finally {
      closeSync(file);
    }
  }

  giveBack(): void {
    rmSync(this.#ballast, { force: true });
  }

  unmount(): void {
    run('umount', ['-l', this.path]);
    rmdirSync(this.path);
  }
}
