/** What is done about a shard whose engine threw at a command: what its next thread finds in the ring, and when there is none. */

import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { MetricWords } from '../engine/metrics/metric-words.js';
import { MAIN, MAIN_WORDS } from '../engine/metrics/words.js';
import { CommandRing } from '../engine/ring/command-ring.js';
import { type FailedCommand, OWN_RING } from '../engine/shard/command-failure.js';
import { CommandFlag, CommandKind, Reason } from '../schemas/codes.js';
import { checkCommandShape } from '../schemas/kinds.js';
import { COMMAND_FLAGS_WORD, COMMAND_KIND_WORD, COMMAND_WORDS } from '../schemas/layout.js';
import { readAside } from './aside.js';
import { Comebacks, MOST_COMEBACKS } from './comebacks.js';
import { EXIT_DATA_DIRECTORY, EXIT_MISSING, EXIT_WORKER_DIED } from './exit-codes.js';

const SLOTS = 8;
/** Slot 7 and, behind the end of the ring, slot 0. */
const POSITION = 2 ** 32 - 1;
const PAIR = CommandFlag.OneCancelsOther << 16;

class Venue {
  readonly data: string;
  readonly rings = Array.from({ length: 2 }, () => [CommandRing.create(SLOTS, POSITION)]);
  readonly metrics = MetricWords.create(MAIN_WORDS, true);
  readonly said: string[] = [];
  readonly comebacks: Comebacks;
  nowMs = 0;

  constructor(t: Test) {
    this.data = t.testdir({ 'shard-0': {} });
    const log = { error: (fields: { readonly code: string }) => void this.said.push(fields.code) };
    this.comebacks = new Comebacks(this.data, this.rings, log, this.metrics, () => this.nowMs);
  }

  /** Puts records of that kind into gateway 0's ring, as many as `flags`. */
  send(kind: CommandKind, ...flags: number[]): Int32Array {
    const words = new Int32Array(flags.length * COMMAND_WORDS);
    for (const [index, bits] of flags.entries()) {
      words[index * COMMAND_WORDS] = 7;
      words[index * COMMAND_WORDS + COMMAND_KIND_WORD] = kind;
      words[index * COMMAND_WORDS + COMMAND_FLAGS_WORD] = bits;
    }
    new CommandRing(this.rings[1]?.[0] ?? new SharedArrayBuffer(0)).publish(words, 0, flags.length);
    return words;
  }

  /** As the shard's next thread takes them. */
  taken(count: number): Int32Array {
    const ring = new CommandRing(this.rings[1]?.[0] ?? new SharedArrayBuffer(0));
    const words = new Int32Array(count * COMMAND_WORDS);
    ring.available();
    ring.copyOut(words, 0, count);
    return words;
  }

  threw(command: Partial<FailedCommand>, where = 'TypeError: somewhere'): void {
    const words = new Int32Array(COMMAND_WORDS);
    const complete = { ring: 1, position: POSITION, sequence: 12, words, ...command };
    this.comebacks.prepare({ type: 'threw', shard: 0, command: complete, where });
  }

  counted(): [comebacks: number, aside: number] {
    const words = new MetricWords(this.metrics);
    return [words.value(MAIN.shardComebacks), words.value(MAIN.commandsAside)];
  }
}

t.test('a command is left alone at the first throw, and put aside and marked at the second', async (t) => {
  const venue = new Venue(t);
  const words = venue.send(CommandKind.Cancel, CommandFlag.TargetIsClientOrderId << 16, 0);
  venue.threw({ words: words.slice(0, COMMAND_WORDS) });
  t.same(venue.taken(2), words);
  t.same(readAside(venue.data, 0), []);
  venue.threw({ words: words.slice(0, COMMAND_WORDS), sequence: 13 });
  const taken = venue.taken(2);
  t.equal(checkCommandShape(taken, 0, true), Reason.PutAside);
  t.same(taken.slice(COMMAND_WORDS), words.slice(COMMAND_WORDS), 'the one behind it is as it was');
  const bytes = Buffer.from(words.buffer, 0, COMMAND_WORDS * 4).toString('hex');
  t.match(readAside(venue.data, 0), [
    { shard: 0, sequence: 13, ring: 1, bytes, command: { kind: 'Cancel' }, stack: 'TypeError: somewhere' },
  ]);
  t.same(readdirSync(join(venue.data, 'shard-0', 'aside')), ['13-1.cmd.json']);
  t.equal(statSync(join(venue.data, 'shard-0', 'aside', '13-1.cmd.json')).mode & 0o777, 0o600);
  t.same(venue.said, ['SHARD_THREW', 'COMMAND_ASIDE', 'SHARD_THREW']);
  t.same(venue.counted(), [2, 1]);
  t.throws(() => venue.threw({ words: taken }), { code: 'SHARD_BUG', exitCode: EXIT_WORKER_DIED, message: /again/ });
});

t.test('both legs of a pair are marked; of a head with Parts the head alone', async (t) => {
  const venue = new Venue(t);
  const legs = venue.send(CommandKind.New, PAIR, PAIR);
  venue.threw({ words: legs });
  venue.threw({ words: legs });
  const pair = venue.taken(2);
  t.equal(checkCommandShape(pair, 0, true), Reason.PutAside);
  t.equal(checkCommandShape(pair, COMMAND_WORDS, true), Reason.PutAside);
  const other = new Venue(t);
  const head = other.send(CommandKind.AddAccount, 0, 0);
  other.threw({ words: head });
  other.threw({ words: head });
  const flags = [0, 1].map((index) => other.taken(2)[index * COMMAND_WORDS + COMMAND_FLAGS_WORD]);
  t.same(flags, [CommandFlag.PutAside << 16, 0]);
});

t.test('commands at the same sequence have a file each, and none that cannot be written ends quietly', async (t) => {
  const venue = new Venue(t);
  for (const position of [3, 4]) {
    venue.threw({ position });
    venue.threw({ position });
  }
  t.same(readdirSync(join(venue.data, 'shard-0', 'aside')), ['12-1.cmd.json', '12-2.cmd.json']);
  const full = new Venue(t);
  writeFileSync(join(full.data, 'shard-0', 'aside'), 'in the way');
  full.threw({});
  const before = full.taken(0);
  t.throws(() => full.threw({}), { code: 'ASIDE_WRITE', exitCode: EXIT_DATA_DIRECTORY, message: /make room/ });
  t.same(full.taken(0), before);
});

t.test(
  'what the platform or the shard itself made has nobody to be told: the second throw ends the process',
  async (t) => {
    for (const ring of [OWN_RING, 0]) {
      const venue = new Venue(t);
      venue.threw({ ring, sequence: 5 });
      venue.threw({ ring, sequence: 6 });
      t.throws(() => venue.threw({ ring, sequence: 5 }), { code: 'SHARD_BUG', exitCode: EXIT_WORKER_DIED });
      t.same(readAside(venue.data, 0), []);
    }
  },
);

t.test('so many threads a minute and no more, and none for want of memory', async (t) => {
  const venue = new Venue(t);
  for (let sequence = 1; sequence <= MOST_COMEBACKS; sequence++) venue.threw({ position: sequence });
  venue.nowMs = 59_000;
  t.throws(() => venue.threw({ position: 100 }), { code: 'SHARD_BUG', message: /times in a minute/ });
  venue.nowMs = 60_000;
  venue.threw({ position: 100 });
  const poor = new Venue(t);
  const where = 'RangeError: Array buffer allocation failed';
  t.throws(() => poor.threw({}, where), { code: 'NO_MEMORY', exitCode: EXIT_MISSING });
});
