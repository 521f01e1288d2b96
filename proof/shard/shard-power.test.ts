/**
 * The shard with the real engine on a disk that drops every unsynced write at the crash: it plays the small excerpt of
 * a recorded day over many power failures. More: POWER_SEEDS=50 node …; one again: POWER_SEED=n.
 */

import t from 'tap';
import { Engine } from '../../engine/engine.js';
import { JournalReader } from '../../engine/journal/reader.js';
import { limitsFrom } from '../../engine/limits.js';
import { MadeShard } from '../../engine/shard/made-shard.js';
import { CommandKind } from '../../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_WORDS, EVENT_WORDS } from '../../schemas/layout.js';
import { findExcerpt } from '../recordings/data-folder.js';
import { seededRandom } from '../seeded-random.js';
import { SimulatedDisk } from '../simulated-disk.js';
import { DAY_LIMITS, type DayCommands, readDayCommands } from './day-shard.js';

const SEEDS = Number(process.env.POWER_SEEDS ?? 2);
const FIRST_SEED = Number(process.env.POWER_SEED ?? 1);
const DIRECTORY = '/data/shard-0/journal';
/** So few events at a time that an uncross goes on over many rounds. */
const LIMITS = limitsFrom({
  ...DAY_LIMITS,
  segmentBytes: 512 * 1024,
  maxOrders: 8192,
  maxStops: 8192,
  maxSpecialOrders: 8192,
  maxLevels: 4096,
  maxEventsPerCommand: 8,
});

interface Journaled {
  /** Records that came from the ring. */
  fed: number;
  continues: number;
  events: Int32Array;
}

function readJournal(disk: SimulatedDisk): Journaled {
  const reader = new JournalReader(disk, DIRECTORY, { shard: 0, shardCount: 1 });
  const events: number[] = [];
  let fed = 0;
  let continues = 0;
  if (reader.seekStart()) {
    for (let group = reader.next(Infinity); group !== null; group = reader.next(Infinity)) {
      for (let at = 0; at < group.commands.length; at += COMMAND_WORDS) {
        if (((group.commands[at + COMMAND_KIND_WORD] ?? 0) & 0xff) === CommandKind.Continue) {
          continues += 1;
        } else {
          fed += 1;
        }
      }
      for (const word of group.events) {
        events.push(word);
      }
    }
  }
  return { fed, continues, events: Int32Array.from(events) };
}

/** Plays the day over power failures. A sentence on what was lost, '' when nothing was. */
function playOverFailures(seed: number, commands: DayCommands, ignoreSynced: RegExp | null): string {
  const random = seededRandom(seed);
  const disk = new SimulatedDisk(random);
  disk.faults.ignoreSynced = ignoreSynced;
  let durable: number[] = [];
  let finished = false;
  let failures = 0;
  while (!finished && failures < 500) {
    disk.faults.crashAtCall = disk.calls + 8 + Math.floor(random() * 40);
    try {
      const shard = new MadeShard(disk, 2, new Engine(LIMITS, 0, 1), LIMITS);
      const { fed, events } = readJournal(disk);
      const lost = durable.findIndex((word, index) => word !== events[index]);
      if (lost >= 0) {
        return `seed ${seed}, failure ${failures}: durable event ${Math.floor(lost / EVENT_WORDS) + 1} is lost or changed`;
      }
      durable = [...events];
      finished = playOn(shard, commands, fed, random, durable);
    } catch (error) {
      if (!disk.crashed) {
        return `seed ${seed}, failure ${failures}: ${String(error)}`;
      }
      failures += 1;
    }
    disk.powerFails();
  }
  disk.faults.crashAtCall = -1;
  const after = new MadeShard(disk, 2, new Engine(LIMITS, 0, 1), LIMITS);
  after.engine.validate();
  const { fed, continues } = readJournal(disk);
  if (!finished || fed !== commands.length) {
    return `seed ${seed}: ${fed} of ${commands.length} records after ${failures} failures`;
  }
  return failures > 10 && continues > 10 ? '' : `seed ${seed}: only ${failures} failures and ${continues} Continues`;
}

/** Feeds the shard from record `fed` on, an uncross to its end before what follows; true when the day is over. */
function playOn(
  shard: MadeShard<Engine>,
  commands: DayCommands,
  fed: number,
  random: () => number,
  durable: number[],
): boolean {
  let sent = fed;
  for (let round = 0; round < 100_000; round += 1) {
    const uncrossing =
      sent > 0 && commands.kindAt(sent - 1) === CommandKind.Uncross && shard.engine.operationsInProgress > 0;
    if (sent < commands.length && !uncrossing) {
      const end = commands.batchEnd(sent, 1 + Math.floor(random() * 16));
      shard.producers[1]?.publish(commands.words, sent * COMMAND_WORDS, end - sent);
      sent = end;
    }
    try {
      shard.round.doRound(1_700_000_000_000_000 + round, round);
    } finally {
      for (const word of shard.readDurable()) {
        durable.push(word);
      }
    }
    if (sent === commands.length && shard.consumers[1]?.available() === 0 && !shard.round.blocked) {
      if (shard.engine.operationsInProgress === 0) {
        return true;
      }
    }
  }
  return false;
}

t.test('the real engine over many power failures loses nothing that was durable', async (t) => {
  const commands = await readDayCommands(findExcerpt('sse_601825_20230711').folder);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
    t.equal(playOverFailures(seed, commands, null), '', `seed ${seed}`);
  }
});

t.test('without O_DSYNC on the segments the same run loses what was durable', async (t) => {
  const commands = await readDayCommands(findExcerpt('sse_601825_20230711').folder);
  const found: string[] = [];
  for (let seed = 1; seed <= 4; seed += 1) {
    try {
      found.push(playOverFailures(seed, commands, /\.seg$/));
    } catch (error) {
      found.push(String(error));
    }
  }
  t.ok(
    found.every((problem) => problem !== ''),
    found.join('; '),
  );
});
