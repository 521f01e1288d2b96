import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { JOURNAL, RandomJournal, SNAPSHOTS, spoilLastEvent } from '../../proof/shard/random-journal.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { listSegments, segmentPath } from '../journal/segments.js';
import { MetricWords } from '../metrics/metric-words.js';
import { AUDIT, AUDIT_WORDS } from '../metrics/words.js';
import { consumersBeside, removeConsumer, writeConsumer } from '../retention/consumers.js';
import { OutputRing } from '../ring/output-ring.js';
import { listSnapshots } from '../snapshot/snapshots.js';
import { QuestionDesk } from './questions.js';
import { type AuditMessage, type AuditorData, runAuditor } from './run-auditor.js';

/** A journal, and the data of an auditor that may look at all of it. */
function made(disk: SimulatedDisk, seed: number, snapshotCommands: number) {
  const journal = new RandomJournal(disk, seed, 400);
  journal.writeGroup(40);
  const before = { command: journal.engine.commandSequence, event: journal.engine.eventSequence };
  journal.writeGroup(20);
  const { eventSequence } = journal.engine;
  const output = OutputRing.create(1024, 1);
  new OutputRing(output).start(eventSequence, 1);
  const metrics = MetricWords.create(AUDIT_WORDS);
  const { shard, shardCount } = journal.identity;
  const archive = '';
  const data: AuditorData = {
    shards: [{ shard, journal: JOURNAL, output, metrics, archive, eventSequence }],
    shardCount,
    limits: journal.limits,
    snapshotCommands,
    keepSegments: 0,
  };
  return { journal, before, data, words: new MetricWords(metrics) };
}

/** What it tells until it has nothing to do for the second time. */
function run(data: AuditorData, disk: SimulatedDisk): AuditMessage[] {
  const told: AuditMessage[] = [];
  let naps = 0;
  runAuditor(
    data,
    disk,
    (message) => void told.push(message),
    () => {
      naps += 1;
      return naps < 2;
    },
    new QuestionDesk(),
    () => undefined,
  );
  return told;
}

t.test('it compares all that is durable, writes a snapshot and says both', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const { journal, data, words } = made(disk, 1, 10);
  const told = run(data, disk);
  t.same(
    told.map(({ type }) => type),
    ['snapshot'],
  );
  t.equal(words.value(AUDIT.lag), 0);
  t.equal(words.value(AUDIT.groups), 2);
  t.equal(words.value(AUDIT.snapshots), 1);
  t.equal(words.value(AUDIT.snapshotCommand), journal.engine.commandSequence);
  t.ok(words.value(AUDIT.snapshotBytes) > 1000);
  t.ok(words.value(AUDIT.snapshotTime) > 1_700_000_000);
  t.same(listSnapshots(disk, SNAPSHOTS), [journal.engine.commandSequence]);
  // The next life of the auditor goes on behind it, and writes none before so many commands have come.
  t.same(run(data, disk), []);
  t.equal(words.value(AUDIT.groups), 2);
});

t.test('snapshots that are not wanted are not written', async (t) => {
  const disk = new SimulatedDisk(seededRandom(2));
  t.same(run(made(disk, 2, 0).data, disk), []);
  t.same(listSnapshots(disk, SNAPSHOTS), []);
});

t.test('a disk without room for a snapshot is named, and the comparing goes on', async (t) => {
  const disk = new SimulatedDisk(seededRandom(3));
  const { data, words } = made(disk, 3, 10);
  disk.faults.capacityBytes = 0;
  const told = run(data, disk);
  t.same(
    told.map(({ type }) => type),
    ['no-snapshot'],
  );
  t.match(told[0], { shard: data.shards[0]?.shard, why: /ENOSPC/ });
  t.equal(words.value(AUDIT.lag), 0);
  t.equal(words.value(AUDIT.snapshots), 0);
});

t.test('segments that nobody needs go behind a snapshot, and who holds them is told once', async (t) => {
  const disk = new SimulatedDisk(seededRandom(5));
  const journal = new RandomJournal(disk, 5, 900);
  const { limits, identity } = journal;
  const output = OutputRing.create(1024, 1);
  const metrics = MetricWords.create(AUDIT_WORDS);
  const words = new MetricWords(metrics);
  const turn = (keepSegments: number, groups: number, archive = ''): AuditMessage[] => {
    for (let group = 0; group < groups; group += 1) journal.writeGroup(1 + (group % 5));
    const { eventSequence } = journal.engine;
    new OutputRing(output).start(eventSequence, 1);
    const shards = [{ shard: identity.shard, journal: JOURNAL, output, metrics, archive, eventSequence }];
    return run({ shards, shardCount: identity.shardCount, limits, snapshotCommands: 50, keepSegments }, disk);
  };
  turn(0, 70);
  t.ok(listSnapshots(disk, SNAPSHOTS).length > 1);
  t.equal(listSegments(disk, JOURNAL)[0], 1, 'all are kept');
  t.equal(words.value(AUDIT.firstSegment), 0);
  writeConsumer(disk, JOURNAL, { name: 'kafka', segment: 2, eventSequence: 1 });
  disk.spoil(`${consumersBeside(JOURNAL)}/kafka.json`, (bytes) => bytes.fill(0));
  t.match(
    turn(1, 30).filter(({ type }) => type === 'held' || type === 'retired'),
    [{ type: 'held', why: /kafka\.json of a consumer is damaged/ }],
  );
  removeConsumer(disk, JOURNAL, 'kafka');
  const [retired] = turn(1, 1).filter(({ type }) => type === 'retired');
  const first = listSegments(disk, JOURNAL)[0] ?? 0;
  t.ok(first > 1);
  t.match(retired, { first, removed: first - 1 });
  t.equal(words.value(AUDIT.firstSegment), first);
  t.equal(words.value(AUDIT.retired), first - 1);
  const copy = '/archive/journal';
  disk.create(segmentPath(copy, first)).close();
  const [failed] = turn(1, 0, copy).filter(({ type }) => type === 'no-archive');
  t.match(failed, { why: /The archive has another/ });
  disk.remove(segmentPath(copy, first));
  t.match(turn(1, 0, copy).filter(({ type }) => type === 'archived')[0], { segment: first });
  t.same(listSegments(disk, copy)[0], first);
  t.ok(words.value(AUDIT.archivedSegment) >= first);
  t.ok(words.value(AUDIT.archivedTime) > 1_700_000_000);
});

t.test('a bad snapshot is told, and what differs ends it', async (t) => {
  const disk = new SimulatedDisk(seededRandom(4));
  const { journal, before, data, words } = made(disk, 4, 10);
  run(data, disk);
  const [at = 0] = listSnapshots(disk, SNAPSHOTS);
  disk.spoil(`${SNAPSHOTS}/${String(at).padStart(16, '0')}.snap`, (bytes) => {
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
  });
  disk.spoil(segmentPath(JOURNAL, 1), (bytes) => spoilLastEvent(bytes, journal.identity.shard, before));
  const told = run(data, disk);
  t.same(
    told.map(({ type }) => type),
    ['bad-snapshot', 'fatal'],
  );
  t.match(told[1], { code: 'JOURNAL_DIVERGED', message: /accountSequence is/ });
  t.ok(words.value(AUDIT.lag) > 0, 'as it was before the group that differs');
});
