/**
 * The end of a journal cut at every byte of its last three groups, and each of their bytes turned: a start finds exactly what
 * is whole, or refuses by name, every time.
 */

import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { JOURNAL, RandomJournal } from '../../proof/shard/random-journal.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { JournalError } from './journal-error.js';
import { segmentPath } from './segments.js';
import { OwnSource } from './source.js';

t.setTimeout(300_000);

const GROUPS = 8;
const ENDS = 3;
const SEED = 11;

interface Group {
  readonly offset: number;
  readonly bytes: number;
  readonly lastCommand: number;
}

/** What a start finds: the last command, or the code of its refusal. */
function found(disk: SimulatedDisk, journal: RandomJournal): number | string {
  const source = new OwnSource(disk, JOURNAL, journal.identity);
  try {
    source.begin(null);
    let last = 0;
    for (let record = source.next(); record !== null; record = source.next()) {
      last = record.firstCommandSequence + record.commandCount - 1;
    }
    const end = source.end();
    return end === null || end.end.expected.commandSequence !== last + 1 ? 'no end' : last;
  } catch (error) {
    if (error instanceof JournalError) return error.code;
    throw error;
  } finally {
    source.close();
  }
}

function made(): { disk: SimulatedDisk; journal: RandomJournal; groups: Group[] } {
  const disk = new SimulatedDisk(seededRandom(SEED));
  const journal = new RandomJournal(disk, SEED, 200);
  for (let group = 0; group < GROUPS; group += 1) journal.writeGroup(3 + group);
  const groups: Group[] = [];
  const source = new OwnSource(disk, JOURNAL, journal.identity);
  source.begin(null);
  for (let record = source.next(); record !== null; record = source.next()) {
    if (record.kind !== 'group') continue;
    const { offset, bytes, firstCommandSequence, commandCount } = record;
    groups.push({ offset, bytes, lastCommand: firstCommandSequence + commandCount - 1 });
  }
  source.close();
  return { disk, journal, groups };
}

/** Changes bytes of the first segment for as long as `look` runs. */
function withChange<T>(disk: SimulatedDisk, change: (bytes: Uint8Array) => void, look: () => T): T {
  let before: Uint8Array = new Uint8Array(0);
  disk.spoil(segmentPath(JOURNAL, 1), (bytes) => {
    before = bytes.slice();
    change(bytes);
  });
  const seen = look();
  disk.spoil(segmentPath(JOURNAL, 1), (bytes) => bytes.set(before));
  return seen;
}

t.test('cut at every byte of the last three groups, it ends with the last one that is whole', async (t) => {
  const { disk, journal, groups } = made();
  t.equal(groups.length, GROUPS);
  t.equal(found(disk, journal), groups.at(-1)?.lastCommand);
  let content: Uint8Array = new Uint8Array(0);
  disk.spoil(segmentPath(JOURNAL, 1), (bytes) => {
    content = bytes.slice();
  });
  const wrong: string[] = [];
  let cuts = 0;
  for (const [back, group] of groups.slice(-ENDS).entries()) {
    const before = groups[GROUPS - ENDS + back - 1]?.lastCommand ?? 0;
    for (let at = group.offset; at < group.offset + group.bytes; at += 1) {
      // Behind the last byte that says something a group is whole with zeros alone.
      const isWhole = content.subarray(at, group.offset + group.bytes).every((byte) => byte === 0);
      const seen = withChange(
        disk,
        (bytes) => bytes.fill(0, at),
        () => found(disk, journal),
      );
      if (seen !== (isWhole ? group.lastCommand : before)) wrong.push(`cut at ${at}: ${seen}`);
      cuts += 1;
    }
  }
  t.same(wrong.slice(0, 5), []);
  t.ok(cuts >= ENDS * 4096, `${cuts} cuts`);
});

t.test('each byte of the last three groups turned, it is refused, or the last one is taken for torn', async (t) => {
  const { disk, journal, groups } = made();
  const [last, beforeLast] = [groups.at(-1), groups.at(-2)];
  const wrong: string[] = [];
  let turns = 0;
  for (const group of groups.slice(-ENDS)) {
    for (let at = group.offset; at < group.offset + group.bytes; at += 1) {
      const bit = 1 << (at % 8);
      const turn = (bytes: Uint8Array): void => {
        bytes[at] = (bytes[at] ?? 0) ^ bit;
      };
      const seen = withChange(disk, turn, () => found(disk, journal));
      // Nothing tells a turned bit of the very last group from a write that was torn by the crash.
      if (seen !== (group === last ? beforeLast?.lastCommand : 'JOURNAL_CORRUPT'))
        wrong.push(`bit ${bit} of ${at}: ${seen}`);
      turns += 1;
    }
  }
  t.same(wrong.slice(0, 5), []);
  t.ok(turns >= ENDS * 4096, `${turns} turns`);
});
