/**
 * exchange-core (Java) beside the engine, where java, javac and mvn are there: its order book alone, driven by
 * exchange-core/Driver.java on the same file. Downloads its jars into build/ at the first run. Off the hot path.
 */

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryFolder } from '../../proof/recordings/data-folder.js';
import type { FlowAnswers } from './flow-answers.js';

const SOURCES = join(repositoryFolder(), 'bench', 'engine', 'exchange-core');
const BUILT = join(import.meta.dirname, 'exchange-core');
const LIBRARIES = join(BUILT, 'libraries');
const DOWNLOAD_MS = 180_000;
const PASSES = '8';

export interface CoreRun {
  /** Millions of commands a second. */
  readonly first: number;
  readonly warm: number;
  readonly answers: FlowAnswers;
}

/** Makes the driver, when that was not done yet. '' when it is there, else the sentence that says why it is not. */
export async function makeCore(): Promise<string> {
  if (existsSync(join(BUILT, 'Driver.class'))) return '';
  mkdirSync(LIBRARIES, { recursive: true });
  const jars = ['-q', '-f', join(SOURCES, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${LIBRARIES}`];
  const java = ['-cp', join(LIBRARIES, '*'), '-d', BUILT, join(SOURCES, 'Driver.java')];
  try {
    await promisify(execFile)('mvn', jars, { timeout: DOWNLOAD_MS });
    await promisify(execFile)('javac', java);
    return '';
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return `exchange-core is left out, it needs java, javac, mvn and its jars: ${why}`;
  }
}

/** Plays the whole file several times in one fresh process of Java. */
export async function playCore(path: string): Promise<CoreRun> {
  const { stdout } = await promisify(execFile)('java', [
    '-cp',
    `${join(LIBRARIES, '*')}:${BUILT}`,
    'Driver',
    path,
    PASSES,
  ]);
  return JSON.parse(stdout);
}
