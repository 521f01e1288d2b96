/**
 * A shard without sockets eats a recorded day in a process of its own, is killed at random moments with commands in
 * flight, is started again, goes on, and ends in the state of an engine that was never interrupted.
 * More kills: SHARD_KILLS=20 node …; the same again: SHARD_SEED=n.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { Engine } from '../../engine/engine.js';
import { RealDisk } from '../../engine/journal/disk.js';
import { JournalReader } from '../../engine/journal/reader.js';
import { recoverShard } from '../../engine/shard/recovery.js';
import { CommandKind } from '../../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_TIME_US, COMMAND_WORDS, EVENT_BYTES, EVENT_WORDS } from '../../schemas/layout.js';
import { findRecording } from '../recordings/data-folder.js';
import { seededRandom } from '../seeded-random.js';
import { DAY_LIMITS, type DayCommands, type FeederLine, readDayCommands } from './day-shard.js';
import { openFilesUnder } from './synced-files.js';

const KILLS = Number(process.env.SHARD_KILLS ?? 3);
const SEED = Number(process.env.SHARD_SEED ?? Date.now() % 1_000_000);
const FEEDER = new URL('./day-feeder-main.js', import.meta.url).pathname;

/** One life of the feeder. `onLine` may kill it; resolves when it has ended. */
async function live(directory: string, folder: string, onLine: (line: FeederLine, child: ChildProcess) => void) {
  const child = spawn(process.execPath, [FEEDER, directory, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') {
        resolve();
      } else {
        reject(new Error(`The feeder ended with ${code ?? signal}: ${complaints}`));
      }
    });
  });
  for await (const line of createInterface({ input: child.stdout })) {
    onLine(JSON.parse(line) as FeederLine, child);
  }
  await ended;
}

/** What differs between the journal and an engine that is fed the day at the journaled times, or ''. */
function differenceFromUninterrupted(directory: string, commands: DayCommands, engine: Engine): string {
  const events = new Int32Array((DAY_LIMITS.roundEvents + DAY_LIMITS.maxEventsPerCommand) * EVENT_WORDS);
  engine.attach(events);
  const reader = new JournalReader(new RealDisk(), directory, { shard: 0, shardCount: 1 });
  reader.seekStart();
  let fed = 0;
  for (let group = reader.next(Infinity); group !== null; group = reader.next(Infinity)) {
    const words = group.commands.slice();
    for (let at = 0; at < words.length; at += COMMAND_WORDS) {
      const kind = (words[at + COMMAND_KIND_WORD] ?? 0) & 0xff;
      if (kind === CommandKind.Continue) {
        continue;
      }
      const planned = commands.words.slice(fed * COMMAND_WORDS, (fed + 1) * COMMAND_WORDS);
      if (kind !== CommandKind.Part) {
        planned.set(words.subarray(at + COMMAND_TIME_US, at + COMMAND_TIME_US + 2), COMMAND_TIME_US);
      }
      if (Buffer.compare(bytesOf(planned), bytesOf(words.subarray(at, at + COMMAND_WORDS))) !== 0) {
        return `record ${fed} of the day is not what the journal has there`;
      }
      fed += 1;
    }
    let made = 0;
    for (let at = 0; at < words.length; ) {
      const before = engine.commandSequence;
      made += engine.apply(words, at, made, words.length);
      at += (engine.commandSequence - before) * COMMAND_WORDS;
    }
    const journaled = bytesOf(group.events);
    if (made !== group.eventCount || Buffer.compare(bytesOf(events).subarray(0, made * EVENT_BYTES), journaled) !== 0) {
      return `the events of the group at ${group.offset} of segment ${group.segment} differ`;
    }
  }
  reader.close();
  return fed === commands.length ? '' : `${fed} of ${commands.length} records are in the journal`;
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

t.test('a shard that is killed again and again eats the whole day and ends as one that never was', async (t) => {
  const random = seededRandom(SEED);
  const { folder, leftOut } = findRecording('sse_600519_20230201');
  const scratch = mkdtempSync(join(tmpdir(), 'tredye-shard-day-'));
  t.teardown(() => rmSync(scratch, { recursive: true, force: true }));
  const directory = join(scratch, 'shard-0', 'journal');
  const commands = await readDayCommands(folder);
  t.comment(`seed ${SEED}${leftOut === '' ? '' : `; ${leftOut}`}`);
  const inFlightAtKill: number[] = [];
  let epoch = 0;
  let tornTails = 0;
  /** Of each segment that was found open for writing: by the time a line is read here, the shard may be far ahead. */
  const synced: boolean[] = [];
  let done = false;
  for (let life = 0; !done && life <= KILLS; life += 1) {
    let killAt = Number.POSITIVE_INFINITY;
    let killed = false;
    await live(directory, folder, (line, child) => {
      const open = openFilesUnder(directory, child.pid ?? 0).filter(({ writable }) => writable);
      synced.push(...open.filter(({ path }) => path.endsWith('.seg')).map((file) => file.synced));
      if (line.type === 'recovered') {
        t.equal(line.epoch, epoch + 1, 'each start is one epoch higher');
        epoch = line.epoch;
        tornTails += line.tornTails;
        if (life < KILLS) {
          killAt = line.fed + Math.floor((random() * 1.5 * (line.total - line.fed)) / (KILLS - life + 1));
        }
      } else if (line.type === 'progress' && line.durable >= killAt && !killed && line.inFlight > 0) {
        killed = true;
        inFlightAtKill.push(line.inFlight);
        child.kill('SIGKILL');
      } else if (line.type === 'done') {
        done = true;
      }
    });
  }
  t.ok(done, 'the day was played to its end');
  t.equal(inFlightAtKill.length, KILLS, 'each kill had commands in flight');
  t.ok(synced.length >= KILLS, `segments were found open ${synced.length} times`);
  t.ok(synced.every(Boolean), 'the running shard writes to what it opened with O_DSYNC');
  t.comment(`in flight at the kills ${inFlightAtKill.join(', ')}; torn tails cut ${tornTails}; epochs ${epoch}`);

  const uninterrupted = new Engine(DAY_LIMITS, 0, 1);
  t.equal(differenceFromUninterrupted(directory, commands, uninterrupted), '');
  const engine = new Engine(DAY_LIMITS, 0, 1);
  const task = { directory, shard: 0, shardCount: 1, limits: DAY_LIMITS, platformStartId: 1, onProgress: null };
  const recovered = recoverShard({ ...task, disk: new RealDisk(), engine });
  recovered.writer.close();
  t.equal(engine.stateHash(), uninterrupted.stateHash());
  t.doesNotThrow(() => engine.validate());
});

t.test('the check for O_DSYNC sees a file without it', async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'tredye-synced-'));
  t.teardown(() => rmSync(scratch, { recursive: true, force: true }));
  const path = join(scratch, '00000001.seg');
  writeFileSync(path, 'x');
  const plain = openSync(path, constants.O_RDWR);
  t.same(openFilesUnder(scratch, 'self'), [{ path, writable: true, synced: false }]);
  closeSync(plain);
  const file = new RealDisk().open(path, 'synced');
  t.same(openFilesUnder(scratch, 'self'), [{ path, writable: true, synced: true }]);
  file.close();
});
