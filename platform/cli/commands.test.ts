/**
 * Every command that speaks with a venue, as a process against a real platform: what it prints for people and as JSON,
 * what it leaves behind, and its exit code.
 */

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PlatformProcess } from '../../proof/platform-process.js';
import { EXIT_CLEAN, EXIT_CONFIGURATION, EXIT_KEY, EXIT_OUTPUT, EXIT_REFUSED } from '../exit-codes.js';
import { type CliRun, jsonLines, tredye } from './cli-process.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];

interface TestVenue {
  readonly platform: PlatformProcess;
  readonly data: string;
  /** In a folder of its own, with the operator's key. */
  run(...args: readonly string[]): Promise<CliRun>;
  /** What it prints with --json. */
  json<Printed>(...args: readonly string[]): Promise<Printed>;
}

async function startVenue(t: Test, flags: readonly string[] = []): Promise<TestVenue> {
  const folder = t.testdir();
  const data = join(folder, 'data');
  const platform = await PlatformProcess.start({ data, flags: [...SMALL, ...flags] });
  t.teardown(() => platform.kill());
  const url = `ws://127.0.0.1:${platform.ready.port}`;
  const environment = { TREDYE_URL: url, TREDYE_KEY: platform.ready.adminKey, TREDYE_DATA: data };
  const run = (...args: readonly string[]) => tredye(args, { environment, cwd: folder });
  const json = async <Printed>(...args: readonly string[]): Promise<Printed> => {
    const ran = await run(...args, '--json');
    if (ran.code !== EXIT_CLEAN) throw new Error(`tredye ${args.join(' ')} ended with ${ran.code}: ${ran.err}`);
    return JSON.parse(ran.out) as Printed;
  };
  return { platform, data, run, json };
}

t.test('instruments are added, listed, set to a phase and halted', async (t) => {
  const { run, json } = await startVenue(t);
  t.match(await run('instrument', 'list'), {
    code: EXIT_CLEAN,
    out: 'no instrument yet: tredye instrument add makes one\n',
  });
  t.match(await run('instrument', 'add', 'ACME'), {
    out: 'ACME is instrument 1 on shard 0, in phase Closed\n',
    err: '',
  });
  t.match(
    await json('instrument', 'add', 'ETH/EUR', '--price-decimals', '2', '--price-max', '1000.5', '--phase', 'auction'),
    {
      id: 2,
      symbol: 'ETH/EUR',
      priceMax: 100_050,
      priceDecimals: 2,
      phase: 'Auction',
    },
  );
  const again = await run('instrument', 'add', 'ACME');
  t.match(again, {
    code: EXIT_REFUSED,
    out: '',
    err: 'The platform refused the record: AlreadyExists; it is there already: give another name.',
  });
  t.match(await run('phase', 'ACME', 'continuous'), { out: 'ACME is in phase Continuous now, it was in Closed\n' });
  t.match(await json('halt', 'ACME'), { symbol: 'ACME', phase: 'Halted', previousPhase: 'Continuous' });
  t.match(await json('instrument', 'list'), [
    { id: 1, symbol: 'ACME', phase: 'Halted', priceMin: 1, shard: 0 },
    { id: 2, symbol: 'ETH/EUR', phase: 'Auction', priceMax: 100_050 },
  ]);
  const list = (await run('instrument', 'list')).out.split('\n');
  t.match(list[0], /^id +symbol +phase +shard +lowest price +highest price +largest order$/);
  t.match(list[2], /^ 2 +ETH\/EUR +Auction +0 +0\.01 +1000\.50 +1000000$/);
  t.match(await run('reference', 'ACME', '99'), { out: 'ACME has the reference price 99\n' });
  t.match(await json('reference', 'ACME', 'none'), { symbol: 'ACME', price: null });
  t.match(await run('phase', 'NOPE', 'Halted'), {
    code: EXIT_REFUSED,
    err: 'There is no instrument NOPE: tredye instrument list shows all.',
  });
  t.match(await run('instrument', 'add', 'A B'), {
    code: EXIT_CONFIGURATION,
    err: /It must be 1 to 32 of A-Z a-z 0-9 \. _ - \/: --help shows what there is\.$/,
  });
  t.match(await run('instrument', 'add', 'X', '--price-max', '2000000000', '--quantity-max', '2000000000'), {
    code: EXIT_REFUSED,
    err: /TermsOutOfRange; the highest price times the largest order times the unit is at most 2\^50/,
  });
  t.match(await run('instrument', 'add', 'X', '--price-max', '1.5'), {
    code: EXIT_CONFIGURATION,
    err: '--price-max 1.5 has 1 decimal, this instrument has 0: give it with fewer.',
  });
});

t.test('an account gets a key in a file of its own, is listed, and its key is revoked', async (t) => {
  const { run, json, data, platform } = await startVenue(t);
  const folder = join(data, '..');
  t.match(await run('account', 'create', 'alice'), {
    code: EXIT_CLEAN,
    out: 'account 2 has key 2 (Read, Trade), in alice-key.json\n',
  });
  const file = join(folder, 'alice-key.json');
  t.equal(statSync(file).mode & 0o777, 0o600);
  const before = readFileSync(file, 'utf8');
  t.match(JSON.parse(before), { keyId: 2, account: 2, publicKey: /^[0-9a-f]{64}$/, privateKey: /BEGIN PRIVATE KEY/ });
  t.match(await run('account', 'create', 'alice'), {
    code: EXIT_OUTPUT,
    err: 'The file alice-key.json is there already and is left as it is: name another with --out.',
  });
  t.equal(readFileSync(file, 'utf8'), before, 'it was left as it is');
  t.match(
    await json('account', 'create', '--account', '2', '--rights', 'read', '--label', 'eyes', '--out', 'eyes.json'),
    {
      account: 2,
      keyId: 3,
      rights: ['Read'],
      file: 'eyes.json',
    },
  );
  t.match(await run('account', 'create', '--account', '9', '--out', 'nine.json'), {
    code: EXIT_REFUSED,
    err: 'The platform refused the record: UnknownAccount; tredye account list shows all.',
  });
  t.throws(() => statSync(join(folder, 'nine.json')), 'a key that the venue refused leaves no file');
  for (const name of ['', 'é'.repeat(33)]) {
    t.match(await run('account', 'create', name), { code: EXIT_CONFIGURATION, err: /It must have 1 to 64 bytes/ });
  }
  t.match(await run('account', 'create', 'bob', '--account', '2'), {
    code: EXIT_CONFIGURATION,
    err: /give a name, or/,
  });
  t.match(await run('account', 'create', 'bob', '--rights', 'Reed'), {
    code: EXIT_CONFIGURATION,
    err: /'Reed' is invalid\. It must be one of Read, Trade, Market, Admin/,
  });
  t.match(await run('account', 'create', 'bob', '--out', 'no/such/folder.json'), { code: EXIT_OUTPUT, err: /ENOENT/ });
  t.match(await run('account', 'create', 'bob', '--key', 'eyes.json'), { code: EXIT_REFUSED, err: /NotAllowed/ });

  t.match(await run('account', 'revoke', '2'), { code: EXIT_CLEAN, out: 'key 2 is revoked\n' });
  t.match(await run('ping', '--key', 'alice-key.json'), {
    code: EXIT_KEY,
    err: `The platform at ws://127.0.0.1:${platform.ready.port}/v1/stream refused the logon: the key is revoked.`,
  });
  const { publicKey } = JSON.parse(before) as { publicKey: string };
  t.match(await json('account', 'list'), [
    {
      account: 1,
      name: 'operator',
      keys: [{ key: 1, label: 'operator', revoked: false, rights: ['Read', 'Trade', 'Market', 'Admin'] }],
    },
    {
      account: 2,
      name: 'alice',
      keys: [
        { key: 2, revoked: true, publicKey, rights: ['Read', 'Trade'] },
        { key: 3, revoked: false, label: 'eyes', rights: ['Read'] },
      ],
    },
  ]);
  t.match((await run('account', 'list')).out, /\n +2 +alice +2 +Read,Trade +revoked +[0-9a-f]{64}\n/);
});

interface Status {
  readonly state: string;
  readonly orderId: string;
  readonly clientOrderId: string;
}

t.test('orders are entered, traded, cancelled and looked up, in two shards', async (t) => {
  const { run, json } = await startVenue(t, ['--shards', '2']);
  for (const symbol of ['ONE', 'TWO'])
    await json('instrument', 'add', symbol, '--price-decimals', '2', '--phase', 'Continuous');
  await json('account', 'create', 'bob');
  const bob = ['--key', 'bob-key.json'];

  t.match(await run('book', 'TWO'), { code: EXIT_CLEAN, out: /^TWO {2}Continuous.*\n.*\nno orders rest\n$/ });
  t.match(await run('trades', 'TWO'), { out: 'no trade yet\n' });
  const maker = await json<Status[]>('order', 'new', 'TWO', 'sell', '5', '1.01');
  t.match(maker, [
    { kind: 'Accepted', side: 'Sell', price: 101, quantity: 5, shard: 1 },
    { kind: 'Booked', displayed: 5 },
  ]);
  const id = maker[0]?.orderId ?? '';
  t.match(await run('order', 'new', 'TWO', 'buy', '3', '1.05', ...bob), {
    code: EXIT_CLEAN,
    out: /^accepted as order \d+ \(client order id \d+\): Buy 3 at 1\.05\nfilled 3 at 1\.01, 0 left\n$/,
  });
  t.match(await run('order', 'new', 'TWO', 'buy', '3', '1.055', ...bob), {
    code: EXIT_CONFIGURATION,
    err: /has 3 decimals/,
  });
  t.match(await run('order', 'new', 'TWO', 'buy', '0', '1', ...bob), {
    code: EXIT_REFUSED,
    err: 'The venue refused the order: QuantityOutOfRange; tredye instrument list shows the largest order.',
  });
  t.match(await run('order', 'new', 'ONE', 'buy', '1', ...bob), {
    out: /cancelled 1 of order \d+ \(NothingToMatch\)\n$/,
  });
  t.match(await run('order', 'new', 'ONE', 'sell', '1', '2', '--time-in-force', 'fillorkill', ...bob), {
    code: EXIT_REFUSED,
    err: /FillOrKillNotFillable/,
  });

  t.match(await json('book', 'TWO', '--depth', '1'), { symbol: 'TWO', shard: 1, bids: [], asks: [[101, 2, 1]] });
  t.match((await run('book', 'TWO')).out, /\n +1\.01 +2 +1\n$/);
  t.match(await json('trades', 'TWO'), { trades: [{ price: 101, quantity: 3, side: 'Buy' }] });
  t.match((await run('trades', 'TWO')).out, /^time +price +quantity +side +trade\n[\d:.]+ +1\.01 +3 +Buy +\d+\n$/);

  const open = {
    symbol: 'TWO',
    state: 'Open',
    orderId: id,
    account: 1,
    price: 101,
    quantity: 5,
    filled: 3,
    leaves: 2,
    fills: 1,
    averagePrice: 101,
  };
  const status = await json<Status>('order', 'status', 'TWO', id);
  t.match(status, open);
  t.match(await json('order', 'status', 'TWO', status.clientOrderId, '--by-client-order-id'), open);
  const stream = await json<object>('order', 'status', 'TWO', id);
  t.same(await json('order', 'status', 'TWO', id, '--data', 'data'), stream, 'the journal says the same as the stream');
  t.match(await run('order', 'status', 'TWO', id, ...bob), {
    code: EXIT_REFUSED,
    err: `There is no order ${id} in TWO among the orders of this key's account.`,
  });
  t.match(await run('order', 'status', 'ONE', id), { code: EXIT_REFUSED }, 'of another instrument');
  t.match(await run('order', 'cancel', 'TWO', id, ...bob), {
    code: EXIT_REFUSED,
    err: `The venue refused to cancel order ${id}: UnknownOrder; it is gone or never was: tredye order status says which.`,
  });
  t.match(await run('order', 'cancel', 'TWO', id), { out: `cancelled 2 of order ${id} (ByClient)\n` });
  t.match(
    (await run('order', 'status', 'TWO', id)).out,
    /^Cancelled \(ByClient\)\norder +\d+ of account 1.*\nterms +Sell 5 TWO, price 1\.01\nfilled +3 in 1 fills, at 1\.0100 on average\nopen +0\n/,
  );
  t.match(await run('order', 'status', 'TWO', '12', '--data', 'data'), {
    code: EXIT_REFUSED,
    err: 'There is no order 12 in TWO in the journal.',
  });
  t.match(await run('order', 'new', 'NOPE', 'buy', '1', '1'), {
    code: EXIT_REFUSED,
    err: 'There is no instrument NOPE: tredye instrument list shows all.',
  });
});

interface Ping {
  readonly level: string;
  readonly count: number;
  readonly best: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly histogram: readonly { readonly fromUs: number; readonly count: number }[];
}

t.test('a ping measures both levels, adds up, and changes no book', async (t) => {
  const { run, json } = await startVenue(t);
  t.match(await run('ping'), {
    code: EXIT_REFUSED,
    err: 'There is no instrument to send an order for: make one with tredye instrument add.',
  });
  await json('instrument', 'add', 'ACME', '--phase', 'Continuous');
  const results = await json<Ping[]>('ping', '--count', '50', '--interval', '0');
  t.same(
    results.map(({ level, count }) => [level, count]),
    [
      ['Matched', 50],
      ['Disk', 50],
    ],
  );
  for (const { best, p50, p99, worst, histogram } of results) {
    t.ok(0 < best && best <= p50 && p50 <= p99 && p99 <= worst, `${best} ${p50} ${p99} ${worst}`);
    t.equal(
      histogram.reduce((sum, { count }) => sum + count, 0),
      50,
    );
  }
  const text = await run('ping', 'ACME', '--count', '5', '--level', 'disk');
  t.match(text.out, /^on disk: 5 round trips, best \d+ us, p50 \d+ us, .*\n( +\d+ us +\d+ {2}#+\n)+/);
  t.match(await json('book', 'ACME'), { bids: [], asks: [] });
});

t.test('the journal of a running venue is listed and printed without a word to the venue', async (t) => {
  const { run, json, platform } = await startVenue(t);
  await json('instrument', 'add', 'ACME', '--phase', 'Continuous');
  await json('order', 'new', 'ACME', 'buy', '5', '101');
  await json('order', 'new', 'ACME', 'buy', '1');
  const segments = await json<{ lastEvent: number; lastCommand: number }[]>('journal', 'ls');
  t.match(segments, [
    { shard: 0, segment: 1, bytes: 8 * 1024 * 1024, firstEpoch: 1, lastEpoch: 1, firstCommand: 1, firstEvent: 1 },
  ]);
  t.match(
    (await run('journal', 'ls')).out,
    /^shard +segment +MiB +epochs +groups +commands +events +file\n +0 +1 +8 +1 +\d+ +1-\d+ +1-\d+ /,
  );

  const all = jsonLines((await run('journal', 'cat')).out);
  t.match(all[0], { record: 'start', shard: 0, epoch: 1, previousEpoch: 0, nextEvent: 1 });
  t.match(
    all.find(({ kind }) => kind === 'AddInstrument'),
    { record: 'command', terms: { symbol: 'ACME', priceMax: 1_000_000, shard: null }, parts: 2 },
  );
  t.match(
    all.find(({ kind }) => kind === 'New'),
    {
      record: 'command',
      account: 1,
      side: 'Buy',
      type: 'Limit',
      price: 101,
      quantity: 5,
      timeInForce: 'GoodTillCancel',
    },
  );
  t.match(
    all.find(({ record, type }) => record === 'command' && type === 'Market'),
    { kind: 'New', price: null, quantity: 1 },
  );
  t.match(
    all.find(({ kind }) => kind === 'Booked'),
    { record: 'event', price: 101, leaves: 5, displayed: 5, book: true, side: 'Buy' },
  );
  const events = all.filter(({ record }) => record === 'event').map(({ sequence }) => Number(sequence));
  t.same(
    events,
    events.map((_, index) => index + 1),
    'every event once, in order',
  );
  t.ok(events.length >= (segments[0]?.lastEvent ?? 0));
  const some = jsonLines((await run('journal', 'cat', '--from', '5', '--limit', '3')).out);
  t.equal(some.length, 3);
  t.ok(some.every(({ record, sequence }) => record === 'command' || Number(sequence) >= 5));
  t.match(await run('journal', 'cat', '--shard', '1'), { code: 65, err: /has shard 0 alone, not shard 1\.$/ });
  t.match(await json('order', 'new', 'ACME', 'sell', '5', '101'), [{ kind: 'Accepted' }, { kind: 'Fill' }]);
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null }, platform.log());
  t.equal(
    jsonLines((await run('journal', 'cat')).out).filter(({ kind }) => kind === 'Fill').length,
    2,
    'of a stopped one, too',
  );
});
