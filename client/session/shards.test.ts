/** A session with several shards: admin records in all of them, a fence for each, commands that each answers. */

import t from 'tap';
import { EventKind, Reason } from '../../schemas/codes.js';
import type { FakeConnection } from './fake-gateway.js';
import { codeOf, connected, ORDER, settle } from './fake-session.js';

const THREE_SHARDS = [
  [10, 1],
  [30, 1],
  [40, 1],
] as const;

/** Answers the client's last question about instruments: none, and what each shard has applied. */
async function sayApplied(gateway: FakeConnection, applied: readonly number[], countedTo = 12): Promise<void> {
  await settle();
  const asked = gateway.messages.findLast((message) => message.type === 'InstrumentsRequest');
  gateway.say({ type: 'Instruments', request: asked?.request ?? 0, more: false, instruments: [], applied, countedTo });
  await settle();
}

t.test('an account is there when all shards have applied it, not when the first has', async (t) => {
  const { client, clock, gateway } = await connected({}, THREE_SHARDS);
  let resolved = false;
  const account = client.addAccount('trader').then((id) => {
    resolved = true;
    return id;
  });
  await settle();
  gateway.reports([{ kind: EventKind.AccountAdded, sequence: 11, accountSequence: 2, counter: 1001, leaves: 7 }]);
  await sayApplied(gateway, [5, 4, 3]);
  clock.advance(10);
  // Shard 0 has gone on meanwhile: what it numbered later is not waited for.
  await sayApplied(gateway, [6, 5, 4]);
  t.equal(resolved, false);
  clock.advance(10);
  await sayApplied(gateway, [6, 5, 5]);
  t.equal(await account, 7);
});

t.test(
  'shards that stay behind are named, and the operation id asked again is answered from what was done',
  async (t) => {
    const { client, clock, gateway } = await connected({}, THREE_SHARDS);
    const failed = client.addAccount('trader').catch((error: unknown) => error);
    await settle();
    gateway.reports([{ kind: EventKind.AccountAdded, sequence: 11, accountSequence: 2, counter: 1001, leaves: 7 }]);
    for (let look = 0; look < 500; look++) {
      await sayApplied(gateway, [5, 4, 4]);
      clock.advance(10);
    }
    t.match(await failed, {
      code: 'SHARDS_MISSING',
      canRetry: true,
      operation: 1001,
      shards: [1, 2],
      message: 'Shards 1, 2 have not applied operation 1001 yet: repeat it with that operation to ask again.',
    });
    const again = client.addAccount('trader', { operation: 1001 });
    await settle();
    t.same(gateway.frames.at(-1)?.counters[0], 1001);
    gateway.reports([{ kind: EventKind.AccountAdded, sequence: 12, accountSequence: 3, counter: 1001, leaves: 7 }]);
    await sayApplied(gateway, [5, 5, 5]);
    t.equal(await again, 7);
  },
);

t.test('an operation id that still waits for its answer is not taken a second time', async (t) => {
  const { client, gateway } = await connected();
  const operation = client.takeCounter();
  const first = client.addAccount('trader', { operation });
  t.equal(await codeOf(client.addAccount('trader', { operation })), 'BAD_ARGUMENT');
  t.same(
    gateway.frames.map(({ counters }) => counters),
    [[1001, 1001]],
    'a head and its Part, once',
  );
  gateway.reports([{ kind: EventKind.AccountAdded, sequence: 11, accountSequence: 2, counter: 1001, leaves: 7 }]);
  t.equal(await first, 7);
});

t.test('an answer that is not durable yet is not mixed up with the record before it', async (t) => {
  const { client, clock, gateway } = await connected({ ackLevel: 'Matched' }, THREE_SHARDS);
  let resolved = false;
  const account = client.addAccount('trader').then((id) => {
    resolved = true;
    return id;
  });
  await settle();
  gateway.reports([{ kind: EventKind.AccountAdded, sequence: 11, accountSequence: 2, counter: 1001, leaves: 7 }]);
  await sayApplied(gateway, [4, 4, 4], 10);
  t.equal(resolved, false, 'its own record is not counted yet');
  clock.advance(10);
  await sayApplied(gateway, [5, 5, 4], 11);
  t.equal(resolved, false);
  clock.advance(10);
  await sayApplied(gateway, [5, 5, 5], 11);
  t.equal(await account, 7);
});

t.test('an admin record that a crash took back never happened, whatever is counted later', async (t) => {
  const { client, network, clock, gateway } = await connected({ ackLevel: 'Matched' }, THREE_SHARDS);
  const failed = codeOf(client.addAccount('trader'));
  await settle();
  gateway.reports([{ kind: EventKind.AccountAdded, sequence: 11, accountSequence: 2, counter: 1001, leaves: 7 }]);
  await sayApplied(gateway, [4, 4, 4], 10);
  gateway.drop(1006);
  clock.advance(250);
  const again = await network.logon();
  again.answerLogon(51, THREE_SHARDS);
  again.say({ type: 'RolledBack', shard: 0, epoch: 2, sequence: 10 });
  clock.advance(10);
  await sayApplied(again, [5, 5, 5], 20);
  t.equal(await failed, 'NEVER_HAPPENED');
});

t.test('with two shards each has a fence of its own', async (t) => {
  const { client, network, clock, gateway } = await connected({}, [
    [10, 1],
    [30, 1],
  ]);
  const info = { priceMin: 1, priceMax: 9, quantityMax: 9, unit: 1, priceDecimals: 0, quantityDecimals: 0, phase: 3 };
  const listing = client.instruments();
  await settle();
  gateway.say({
    type: 'Instruments',
    request: 1,
    more: false,
    instruments: [
      { id: 1, shard: 0, symbol: 'A', ...info },
      { id: 2, shard: 1, symbol: 'B', ...info },
    ],
    applied: [4, 4],
    countedTo: 10,
  });
  await listing;
  const onZero = client.place(ORDER);
  const onOne = client.place({ ...ORDER, instrument: 2 });
  const everywhere = client.massCancel();
  await settle();
  gateway.drop(4001);
  clock.advance(250);
  const again = await network.logon();
  again.answerLogon(51, [
    [12, 2],
    [31, 2],
  ]);
  again.reports([{ kind: EventKind.SessionOpened, sequence: 31, accountSequence: 2 }], 1, true);
  t.equal(await codeOf(onOne), 'NEVER_HAPPENED');
  again.say({ type: 'Resumed', shard: 0, epoch: 1, sequence: 12 });
  await settle();
  again.reports([{ kind: EventKind.SessionOpened, sequence: 12, accountSequence: 2 }], 0, true);
  t.equal(await codeOf(onZero), 'NEVER_HAPPENED');
  t.equal(await codeOf(everywhere), 'NEVER_HAPPENED');
});

t.test('a dead-man timer is set when every shard has answered', async (t) => {
  const { client, gateway } = await connected({}, THREE_SHARDS);
  let settled = false;
  const set = client.deadMan(5000).finally(() => {
    settled = true;
  });
  await settle();
  for (const shard of [0, 1, 2]) {
    t.notOk(settled, `before shard ${shard}`);
    gateway.reports([{ kind: EventKind.DeadManSet, sequence: 40, accountSequence: 2, counter: 1001 }], shard);
    await settle();
  }
  t.equal((await set).kind, 'DeadManSet');
});

t.test('a mass cancel of all instruments is answered when every shard has, and a refusal is not hidden', async (t) => {
  const { client, gateway } = await connected({}, THREE_SHARDS);
  let settled = false;
  const cancelled = client.massCancel().finally(() => {
    settled = true;
  });
  await settle();
  gateway.reports([{ kind: EventKind.Started, sequence: 11, accountSequence: 2, counter: 1001 }], 0);
  const refused = { kind: EventKind.Rejected, counter: 1001, reason: Reason.InProgress, session: 50 };
  gateway.reports([{ ...refused, sequence: 31, accountSequence: 2 }], 1);
  await settle();
  t.equal(settled, false);
  t.equal(client.room(), 4095);
  gateway.reports([{ kind: EventKind.Started, sequence: 41, accountSequence: 2, counter: 1001 }], 2);
  t.match(await cancelled, { kind: 'Rejected', reason: 'InProgress', shard: 1 });
  t.equal(client.room(), 4096);
});

t.test('a mass cancel that came to some shards only names the others', async (t) => {
  const { client, network, clock, gateway } = await connected({}, THREE_SHARDS);
  const cancelled = client.massCancel().catch((error: unknown) => error);
  await settle();
  gateway.reports([{ kind: EventKind.Started, sequence: 31, accountSequence: 2, counter: 1001 }], 1);
  gateway.drop(1006);
  clock.advance(250);
  const again = await network.logon();
  again.answerLogon(51, [
    [12, 2],
    [32, 3],
    [42, 2],
  ]);
  for (const [shard, sequence, accountSequence] of [
    [0, 12, 2],
    [1, 32, 3],
    [2, 42, 2],
  ] as const) {
    again.reports([{ kind: EventKind.SessionOpened, sequence, accountSequence }], shard, true);
  }
  t.match(await cancelled, { code: 'SHARDS_MISSING', canRetry: true, shards: [0, 2] });
});

t.test('a command about an instrument that only the platform knows has one answer', async (t) => {
  const { client, gateway } = await connected({}, THREE_SHARDS);
  const placed = client.place({ ...ORDER, instrument: 9 });
  await sayApplied(gateway, [5, 5, 5]);
  t.equal(client.room(), 4095);
  gateway.reports([{ kind: EventKind.Accepted, sequence: 41, accountSequence: 2, counter: 1001 }], 2);
  t.match(await placed, { kind: 'Accepted', shard: 2 });
  t.equal(client.room(), 4096);
});
