/**
 * Where the recorded markets are: `../shared/data` beside the repository, or, where that folder is missing, the small
 * excerpts that are part of it. Any thread.
 *
 * On a CI machine a missing folder is a failure, not an excerpt: otherwise the proof would shrink without a word.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A recording, and whether it is all of it. */
export interface Recording {
  readonly folder: string;
  readonly whole: boolean;
  /** One sentence for the test's output; empty when the recording is whole. */
  readonly leftOut: string;
}

/** The folder of the repository: the nearest one above this file whose package.json is the platform's. */
export function repositoryFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const path = join(folder, 'package.json');
    if (existsSync(path) && /"name":\s*"tredye"/.test(readFileSync(path, 'utf8'))) {
      return folder;
    }
    const above = dirname(folder);
    if (above === folder) {
      throw new Error('No package.json of tredye above this file: the repository cannot be found.');
    }
    folder = above;
  }
}

/**
 * The recording with this name. `repository` and `onCi` are arguments so that both branches can be tested. Throws when
 * the data folder lacks it on CI, and when there is no excerpt of it either.
 */
export function findRecording(
  name: string,
  repository: string = repositoryFolder(),
  onCi: boolean = (process.env.CI ?? '') !== '',
): Recording {
  const folder = join(repository, '..', 'shared', 'data', name);
  if (existsSync(folder)) {
    return { folder, whole: true, leftOut: '' };
  }
  if (onCi) {
    throw new Error(`The recording ${name} is missing (${folder}), and on CI that is a failure.`);
  }
  return findExcerpt(name, repository);
}

/** The excerpt of that recording in the repository. Throws when there is none. */
export function findExcerpt(name: string, repository: string = repositoryFolder()): Recording {
  const folder = join(repository, 'proof', 'recordings', 'excerpts', name);
  if (!existsSync(folder)) {
    throw new Error(`There is no excerpt of the recording ${name} (${folder}).`);
  }
  return {
    folder,
    whole: false,
    leftOut: `${name}: the whole recording is not beside the repository, so only an excerpt of it was played.`,
  };
}
