import { MessageChannel } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { JOURNAL, RandomJournal } from '../../proof/shard/random-journal.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { PublicHistory } from '../public/public-history.js';
import { imageOf } from '../public/shard-image.js';
import { Auditor } from './auditor.js';
import { AuditorClient, AuditorError, MOST_QUESTIONS, QuestionDesk } from './questions.js';

function made(t: Test, deadlineMs?: number) {
  const disk = new SimulatedDisk(seededRandom(1));
  const journal = new RandomJournal(disk, 18, 300);
  journal.writeRest();
  const auditor = new Auditor({
    disk,
    journal: JOURNAL,
    identity: journal.identity,
    limits: journal.limits,
    bucketSeed: 1,
    bad: () => undefined,
  });
  const { port1, port2 } = new MessageChannel();
  const client = new AuditorClient(port1, deadlineMs);
  t.teardown(() => client.close());
  const desk = new QuestionDesk();
  desk.add('one', port2);
  const { shard } = journal.identity;
  const turn = () => desk.turn((asked) => (asked === shard ? auditor : undefined));
  return { journal, auditor, client, desk, shard, turn };
}

async function codeOf(asked: Promise<unknown>): Promise<string> {
  const error: unknown = await asked.then(
    () => null,
    (why: unknown) => why,
  );
  return error instanceof AuditorError ? error.code : `none: ${String(error)}`;
}

t.test('the image of a shard is of what has been compared so far', async (t) => {
  const { journal, auditor, client, shard, turn } = made(t);
  auditor.follow(Number.POSITIVE_INFINITY, 3);
  const early = client.ask('image', shard, {});
  t.equal(turn(), true);
  t.equal((await early).sequence, auditor.eventSequence);
  auditor.follow(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  const late = client.ask('image', shard, {});
  t.equal(turn(), true);
  const { history, ...image } = await late;
  const { history: _, ...direct } = imageOf(journal.engine, new PublicHistory(null));
  t.same(image, direct);
  t.equal(image.sequence, journal.engine.eventSequence);
  t.ok(image.prices.length > 0 && history.trades.length > 0, 'there is something in it');
  t.equal(turn(), false);
});

t.test('one question of each asker a turn; who asks too much at once is refused, and others are not', async (t) => {
  const { client, desk, shard, turn } = made(t);
  const other = new MessageChannel();
  desk.add('two', other.port2);
  const second = new AuditorClient(other.port1);
  t.teardown(() => second.close());
  const many = Array.from({ length: MOST_QUESTIONS }, () => client.ask('image', shard, {}));
  t.equal(await codeOf(client.ask('image', shard, {})), 'AUDITOR_BUSY');
  const one = second.ask('image', shard, {});
  t.equal(turn(), true);
  t.equal((await one).shard, shard, 'in the first turn');
  for (let left = 1; left < MOST_QUESTIONS; left++) t.equal(turn(), true);
  t.equal(turn(), false);
  t.equal((await Promise.all(many)).length, MOST_QUESTIONS);
  const again = client.ask('image', shard, {});
  turn();
  t.equal((await again).shard, shard);
});

t.test('a shard that there is not is refused', async (t) => {
  const { client, turn, shard } = made(t);
  const asked = client.ask('image', shard + 1, {});
  turn();
  t.equal(await codeOf(asked), 'AUDITOR_REFUSED');
});

t.test('a deadline is kept at the asker, and an answer behind it is nobody’s', async (t) => {
  const { client, turn, shard } = made(t, 1);
  const asked = client.ask('image', shard, {});
  t.equal(await codeOf(asked), 'AUDITOR_LATE');
  t.equal(turn(), true, 'it is answered still');
});

t.test('who comes again under a name takes the place of who had it', async (t) => {
  const { client, desk, shard, turn } = made(t);
  const again = new MessageChannel();
  desk.add('one', again.port2);
  const second = new AuditorClient(again.port1);
  t.teardown(() => second.close());
  void client.ask('image', shard, {}).catch(() => undefined);
  const asked = second.ask('image', shard, {});
  t.equal(turn(), true);
  t.equal((await asked).shard, shard);
  t.equal(turn(), false, 'the older one is not looked at');
});
