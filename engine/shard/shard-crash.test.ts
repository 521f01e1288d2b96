/**
 * A shard on a disk that drops every unsynced write at the crash: what its output ring called durable is there after
 * the power failure, byte for byte. More seeds: CRASH_SEEDS=500 node …; one that failed: CRASH_SEED=n.
 */

import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { CommandKind } from '../../schemas/codes.js';
import { EVENT_BYTES, EVENT_WORDS } from '../../schemas/layout.js';
import { JournalReader } from '../journal/reader.js';
import { countingShard, madeCommand, newOrder } from './made-shard.js';

const SEEDS = Number(process.env.CRASH_SEEDS ?? 30);
const ONE_SEED = process.env.CRASH_SEED;
const LIVES = 6;
const DIRECTORY = '/data/shard-0/journal';

/** All journaled events in order, 24 words each. */
function journaledEvents(disk: SimulatedDisk): Int32Array {
  const reader = new JournalReader(disk, DIRECTORY, { shard: 0, shardCount: 1 });
  const groups: Int32Array[] = [];
  if (reader.seekStart()) {
    for (let record = reader.next(Infinity); record !== null; record = reader.next(Infinity)) {
      groups.push(record.events.slice());
    }
  }
  const all = new Int32Array(groups.reduce((sum, group) => sum + group.length, 0));
  let at = 0;
  for (const group of groups) {
    all.set(group, at);
    at += group.length;
  }
  return all;
}

/** The first event of `seen` that `journaled` does not hold in its place, or -1. */
function firstLost(seen: Int32Array, journaled: Int32Array): number {
  for (let word = 0; word < seen.length; word += 1) {
    if (seen[word] !== journaled[word]) {
      return Math.floor(word / EVENT_WORDS) + 1;
    }
  }
  return -1;
}

/** What is wrong after some lives of one shard, each ended by a crash at a random call; '' when nothing is. */
function liveAndCrash(seed: number, ignoreSynced: RegExp | null, counts: { durable: number; torn: number }): string {
  const random = seededRandom(seed);
  const disk = new SimulatedDisk(random);
  disk.faults.ignoreSynced = ignoreSynced;
  // All events that any reader was told were durable: by sequence, dense from 1.
  let seen: Int32Array = new Int32Array(0);
  let order = 0;
  for (let life = 0; life < LIVES; life += 1) {
    disk.faults.crashAtCall = disk.calls + 8 + Math.floor(random() * 60);
    try {
      const shard = countingShard(disk, 3);
      counts.torn += shard.recovered.tornTail === null ? 0 : 1;
      const journaled = journaledEvents(disk);
      const lost = firstLost(seen, journaled);
      if (lost >= 0) {
        return `seed ${seed}, life ${life}: event ${lost} of ${seen.length / EVENT_WORDS} durable ones is lost or changed`;
      }
      seen = journaled;
      for (let round = 0; round < 100; round += 1) {
        for (let count = Math.floor(random() * 30); count > 0; count -= 1) {
          order += 1;
          const mass = random() < 0.05;
          const ring = 1 + Math.floor(random() * 2);
          shard.send(ring, mass ? madeCommand(CommandKind.MassCancel, order, 50) : newOrder(order, order));
        }
        try {
          shard.round.doRound(order * 1000, round);
        } finally {
          // A gateway on another thread reads on while the shard's is dying.
          const more = shard.readDurable();
          const grown = new Int32Array(seen.length + more.length);
          grown.set(seen);
          grown.set(more, seen.length);
          seen = grown;
          counts.durable += more.length / EVENT_WORDS;
        }
      }
    } catch (error) {
      if (!disk.crashed) {
        return `seed ${seed}, life ${life}: ${String(error)}`;
      }
    }
    disk.powerFails();
  }
  return '';
}

function problems(ignoreSynced: RegExp | null, counts: { durable: number; torn: number }): string[] {
  const first = ONE_SEED === undefined ? 1 : Number(ONE_SEED);
  const last = ONE_SEED === undefined ? SEEDS : first;
  const found: string[] = [];
  for (let seed = first; seed <= last; seed += 1) {
    const problem = liveAndCrash(seed, ignoreSynced, counts);
    if (problem !== '') {
      found.push(problem);
    }
  }
  return found;
}

t.test('what was published as durable survives every power failure, byte for byte', async (t) => {
  const counts = { durable: 0, torn: 0 };
  t.same(problems(null, counts), []);
  t.comment(`${counts.durable} durable events (${EVENT_BYTES} bytes each), ${counts.torn} torn tails cut`);
  t.ok(counts.durable > 1000 || ONE_SEED !== undefined);
  t.ok(counts.torn > 0 || ONE_SEED !== undefined);
});

t.test('without O_DSYNC on the segments the same test finds losses', async (t) => {
  const found = problems(/\.seg$/, { durable: 0, torn: 0 });
  const losses = found.filter((problem) => problem.includes('is lost or changed'));
  t.ok(losses.length > 0 || ONE_SEED !== undefined, `${losses.length} of ${found.length} problems: ${losses[0]}`);
});
