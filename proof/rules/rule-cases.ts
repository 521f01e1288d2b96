/**
 * The rule tables of this folder as cases, and how one is played: on the engine, which validates itself after every
 * command, and on the model. Any thread.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '../../engine/engine.js';
import type { PlainObject } from '../../platform/cli/journal/record-objects.js';
import { LineError } from '../../platform/cli/match/match-line.js';
import { type EngineMaker, RuleRun } from '../../platform/cli/match/rule-run.js';
import { checkEventShape } from '../../schemas/kinds.js';
import { EVENT_WORDS } from '../../schemas/layout.js';
import { repositoryFolder } from '../recordings/data-folder.js';
import { ModelEngine } from './model-engine.js';

export interface RuleCase {
  readonly file: string;
  /** The line that begins it, as it stands there: `rule 2.4: a sentence`. */
  readonly title: string;
  /** The number of that line, from 1. */
  readonly line: number;
  /** All its lines, the title first. */
  readonly lines: readonly string[];
}

export interface PlayedCase {
  /** Events in sequence, order ids as their own small numbers. */
  readonly events: readonly PlainObject[];
  /** What did not hold, and lines that were not understood, as texts. */
  readonly failures: readonly string[];
}

const TABLE = /\.rules$/;

/** All cases of all tables, by file name. */
export function ruleCases(folder = join(repositoryFolder(), 'proof', 'rules')): RuleCase[] {
  return readdirSync(folder)
    .filter((file) => TABLE.test(file))
    .sort()
    .flatMap((file) => casesOf(file, readFileSync(join(folder, file), 'utf8')));
}

/** The cases of one table; what stands before the first rule belongs to none. */
export function casesOf(file: string, text: string): RuleCase[] {
  const lines = text.split('\n');
  const starts = lines.flatMap((line, at) => (line.startsWith('rule ') ? [at] : []));
  return starts.map((start, at) => ({
    file,
    title: lines[start] ?? '',
    line: start + 1,
    lines: lines.slice(start, starts[at + 1] ?? lines.length),
  }));
}

/** The engine, which walks through all it holds after every command and says nothing that its kinds do not say. */
class WatchedEngine extends Engine {
  override apply(commands: Int32Array, from: number, eventAt: number): number {
    const count = super.apply(commands, from, eventAt);
    this.validate();
    for (let index = 0; index < count; index++) {
      const reason = checkEventShape(this.state.events, (eventAt + index) * EVENT_WORDS);
      if (reason !== 0) throw new Error(`event ${index} says more than its kind may: reason ${reason}`);
    }
    return count;
  }
}

export const onEngine: EngineMaker = (limits, shard, shards) => new WatchedEngine(limits, shard, shards);
export const onModel: EngineMaker = (limits, shard, shards) => new ModelEngine(limits, shard, shards);

/** Plays a case from its first line to its last. */
export function playCase(one: RuleCase, engineOf: EngineMaker): PlayedCase {
  const events: PlainObject[] = [];
  const failures: string[] = [];
  const names = new Map<unknown, number>([['0', 0]]);
  const run = new RuleRun((object) => {
    if (object.expected !== undefined) {
      failures.push(`${one.file}:${object.line}: expected ${object.expected}, came ${object.came}`);
      return;
    }
    if (object.orderId !== undefined) {
      if (!names.has(object.orderId)) names.set(object.orderId, names.size);
      // Of the other leg the related id is an order id, too, and that order was named before.
      const other = object.reason === 'OneCancelledOther' ? { relatedId: names.get(object.relatedId) } : {};
      events.push({ ...object, ...other, orderId: names.get(object.orderId) });
    } else events.push(object);
  }, engineOf);
  for (const [index, line] of one.lines.entries()) {
    try {
      run.take(line, one.line + index);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      failures.push(`${one.file}:${one.line + index}: ${error.message}`);
    }
  }
  run.finish();
  return { events, failures };
}
