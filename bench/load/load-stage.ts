/**
 * What most benches of the load stand on: a scratch folder, a fresh platform with the flow's members, the generator, and
 * the end of it all, at which the journal is compared with what the sessions saw. Bench's process.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformProcess } from '../../proof/platform-process.js';
import { findExcerpt, findRecording, repositoryFolder } from '../../proof/recordings/data-folder.js';
import type { BenchSize } from '../outcome.js';
import type { SeenStream } from './connections/order-session.js';
import { GeneratorProcess } from './generator/generator-process.js';
import { checkJournal, type JournalCheck } from './journal-check.js';
import { pin } from './pinning.js';

const FLOW = 'flow_normal';

/** The mix in one sentence, and the file: all of it where it is, the excerpt for the small size. */
export function flowOf(size: BenchSize): { readonly path: string; readonly mix: string } {
  const { folder, whole } = size === 'small' ? findExcerpt(FLOW) : findRecording(FLOW);
  return {
    path: join(folder, 'commands.bin.gz'),
    mix: `mix of flow_normal${whole ? '' : ' (its excerpt, over and over)'}: new, cancel and replace, one instrument`,
  };
}

/** A folder that is gone when `work` has ended, whatever it did. */
export async function inScratch<Result>(name: string, work: (folder: string) => Promise<Result>): Promise<Result> {
  const scratch = join(repositoryFolder(), 'scratch');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, `${name}-${process.pid}-`));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export class LoadStage {
  readonly platform: PlatformProcess;
  readonly generator: GeneratorProcess;
  readonly #journal: string;
  readonly #streams: SeenStream[] = [];
  #over = false;

  private constructor(platform: PlatformProcess, generator: GeneratorProcess, journal: string) {
    this.platform = platform;
    this.generator = generator;
    this.#journal = journal;
  }

  static async open(folder: string, flow: string, members: number, flags: readonly string[] = []): Promise<LoadStage> {
    const data = join(folder, 'data');
    rmSync(data, { recursive: true, force: true });
    const generator = await GeneratorProcess.start(flow);
    const platform = await PlatformProcess.start({ data, flags: ['--keep-segments', '0', ...flags] });
    pin('server', platform.pid);
    const stage = new LoadStage(platform, generator, join(data, 'shard-0', 'journal'));
    const { url, adminKey } = platform.ready;
    await generator.obey({ type: 'admit', url, keyFile: adminKey, members });
    return stage;
  }

  /** Sessions of a run have seen these; they are compared in `finish`. */
  saw(streams: readonly SeenStream[]): void {
    this.#streams.push(...streams);
  }

  /** What `finish` compares: the journal's folder, and what was seen. */
  get checked(): { readonly directory: string; readonly streams: readonly SeenStream[] } {
    return { directory: this.#journal, streams: this.#streams };
  }

  /** Stops the platform and compares. Throws when it does not stop cleanly. */
  async finish(): Promise<JournalCheck> {
    await this.generator.end();
    this.#over = true;
    const exit = await this.platform.stop();
    if (exit.code !== 0) throw new Error(`The platform did not stop cleanly:\n${this.platform.log()}`);
    return checkJournal(this.checked.directory, this.checked.streams);
  }

  /** After a failure. */
  async abandon(): Promise<void> {
    if (this.#over) return;
    await this.generator.end();
    await this.platform.kill();
  }
}
