/**
 * Every command that speaks with a venue, as a process against a real platform: what it prints for people and as JSON,
 * what it leaves behind, and its exit code.
 */

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type AuditLine, startVenue } from '../../proof/cli-venue.js';
import { EXIT_CLEAN, EXIT_CONFIGURATION, EXIT_KEY, EXIT_OUTPUT, EXIT_REFUSED } from '../exit-codes.js';
import { jsonLines } from './cli-process.js';

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
  t.match(await run('uncross', 'ETH/EUR'), { out: 'nothing in ETH/EUR meets; the auction goes on\n' });
  t.match(await json('uncross', 'ETH/EUR'), { symbol: 'ETH/EUR', price: null, quantity: 0, imbalance: 0 });
  t.match(await run('uncross', 'ACME'), {
    code: EXIT_REFUSED,
    err: /^The venue refused the uncross of ACME: NotInThisPhase/,
  });
  t.match(await run('end-of-day', 'ACME'), { out: 'the day of ACME is over: its orders of the day go\n' });
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
    err: /'Reed' is invalid\. It must be one of Read, Trade, Market, Admin, Risk/,
  });
  t.match(await run('account', 'create', 'bob', '--rights', 'Read', '--role', 'risk'), {
    code: EXIT_CONFIGURATION,
    err: 'A role is a name for rights: give --role or --rights.',
  });
  t.match(await run('account', 'create', 'bob', '--role', 'clerk'), {
    code: EXIT_CONFIGURATION,
    err: /It must be one of viewer, trader, operator, risk, admin/,
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
      keys: [{ key: 1, label: 'operator', revoked: false, rights: ['Read', 'Trade', 'Market', 'Admin', 'Risk'] }],
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
  t.match(await json('order', 'status', 'TWO', id, '--now'), { kind: 'OrderState', reason: 'Resting', orderId: id });
  t.match((await run('order', 'status', 'TWO', id, '--now')).out, /^Open \(Resting\)\n/);
  t.match(await run('order', 'status', 'TWO', id, '--now', ...bob), { code: EXIT_REFUSED }, "another account's");
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
  for (const side of ['buy', 'sell']) await run('order', 'new', 'TWO', side, '1', side === 'buy' ? '0.5' : '2');
  t.same(await json('order', 'cancel-all', 'TWO', '--side', 'buy'), { cancelled: 1 });
  t.same(await json('order', 'cancel-all', '--of-lane', '9'), { cancelled: 0 });
  t.match(await run('order', 'cancel-all'), { out: 'cancelled 1 orders\n' }, 'in all shards');
  t.match(await run('order', 'new', 'NOPE', 'buy', '1', '1'), {
    code: EXIT_REFUSED,
    err: 'There is no instrument NOPE: tredye instrument list shows all.',
  });
});

t.test('rule 2.72: two orders of which one cancels the other are entered together or not at all', async (t) => {
  const { run, json } = await startVenue(t);
  await json('instrument', 'add', 'ACME', '--phase', 'Continuous');
  await run('account', 'create', 'bob');
  const bob = ['--key', 'bob-key.json'];
  const pair = await json<object[]>('order', 'new', 'ACME', 'sell', '5', '110', '--other-trigger-price', '90');
  t.match(pair, [
    { kind: 'Accepted', side: 'Sell', price: 110, quantity: 5 },
    { kind: 'Accepted', side: 'Sell', price: null, quantity: 5 },
    { kind: 'Booked', price: 110 },
  ]);
  t.match(await run('order', 'new', 'ACME', 'buy', '5', '110', ...bob), {
    out: /^accepted .*\nfilled 5 at 110, 0 left\n$/,
  });
  t.same(await json('order', 'cancel-all'), { cancelled: 0 }, 'the stop is gone');

  await json('order', 'new', 'ACME', 'buy', '2', '100', ...bob);
  const limits = ['--other-price', '95', '--other-trigger-price', '96', '--other-quantity', '2'];
  t.match(await run('order', 'new', 'ACME', 'sell', '3', '100', ...limits), {
    code: EXIT_CLEAN,
    out: /^accepted .* 3 at 100\naccepted .* 2 at 95\nfilled 2 at 100, 1 left\ncancelled 2 of order \d+ \(OneCancelledOther\)\nrests at 100 with 1\n$/,
  });
  t.match(await run('order', 'new', 'ACME', 'sell', '1', '120', '--other-trailing-distance', '0.5'), {
    code: EXIT_CONFIGURATION,
    err: /^The trailing distance 0\.5 has 1 decimal, /,
  });
  t.match(await run('order', 'new', 'ACME', 'buy', '1', '90', '--other-price', '80'), {
    code: EXIT_CONFIGURATION,
    err: 'One of two orders of which one cancels the other must be a stop.',
  });
  t.match(await run('order', 'new', 'ACME', 'buy', '1', '90', '--other-side', 'sell'), {
    code: EXIT_CONFIGURATION,
    err: /^The other order needs --other-price, --other-trigger-price or --other-trailing-distance/,
  });
  const through = ['--other-side', 'buy', '--other-trigger-price', '99', '--refuse-if-through'];
  t.match(await run('order', 'new', 'ACME', 'sell', '1', '120', ...through), {
    code: EXIT_REFUSED,
    err: /^The venue refused the other order: StopAlreadyThrough/,
  });
  const trails = ['--other-trailing-distance', '5', '--other-limit-offset', '1', '--other-trigger', 'touch'];
  t.match(await json('order', 'new', 'ACME', 'sell', '1', '120', ...trails), [
    {},
    { kind: 'Accepted' },
    { price: 120 },
  ]);
  t.same(await json('order', 'cancel-all'), { cancelled: 3 });
});

t.test('assets, fees, limits, money in two shards, and what is out of trading', async (t) => {
  const { run, json } = await startVenue(t, ['--shards', '2']);
  t.match(await run('asset', 'list'), { out: 'no asset yet: tredye asset add makes one\n' });
  t.match(await run('asset', 'add', 'EUR', '--decimals', '2'), { code: EXIT_CLEAN, out: 'EUR is asset 1\n' });
  t.same(await json('asset', 'add', 'BTC', '--decimals', '8'), { asset: 2, name: 'BTC', decimals: 8 });
  t.match(await run('asset', 'add', 'EUR'), { code: EXIT_REFUSED, err: /AlreadyExists; it is there already/ });
  t.match(await run('asset', 'add', 'E R'), { code: EXIT_CONFIGURATION, err: /It must be 1 to 16 of/ });
  t.match((await run('asset', 'list')).out, /^asset +name +decimals\n +1 +EUR +2\n +2 +BTC +8\n$/);
  t.match(await run('instrument', 'add', 'X', '--base', 'BTC', '--quote', 'NOPE'), {
    code: EXIT_REFUSED,
    err: 'There is no asset NOPE: tredye asset list shows all.',
  });
  t.match(await run('instrument', 'add', 'X', '--base', '2', '--quote', '9'), {
    code: EXIT_REFUSED,
    err: 'The platform refused the record: UnknownAsset; tredye asset list shows all.',
  });
  const paid = ['--base', 'BTC', '--quote', 'EUR', '--base-unit', '10', '--fee-cap', '10000', '--phase', 'Continuous'];
  for (const symbol of ['ONE', 'TWO']) await json('instrument', 'add', symbol, ...paid);
  t.match(await run('instrument', 'fees', 'TWO', '--maker', '5000', '--taker', '10000'), {
    out: 'tier 0 pays 5000 as maker, 10000 as taker, 0 in an auction, millionths in TWO\n',
  });
  t.match(await run('instrument', 'fees', 'TWO', '--taker', '10001'), { code: EXIT_REFUSED, err: /TermsOutOfRange/ });
  t.match(await run('instrument', 'fees', 'NOPE'), { code: EXIT_REFUSED, err: /There is no instrument NOPE/ });
  await json('account', 'create', 'bob');
  const bob = ['--key', 'bob-key.json'];
  t.match(await run('account', 'deposit', '2', 'EUR', '2000', '--shard', '1'), {
    code: EXIT_CLEAN,
    out: '2000 of asset EUR in the purse of account 2 on shard 1\n',
  });
  t.match(await json('account', 'deposit', '1', 'BTC', '50', '--shard', '1'), { account: 1, asset: 2, amount: 50 });
  t.match(await run('account', 'deposit', '1', 'BTC', '5', '--shard', '2'), {
    code: EXIT_REFUSED,
    err: /WrongShard; there is no such shard\.$/,
  });
  t.match(await run('account', 'deposit', '9', 'BTC', '5'), { code: EXIT_REFUSED, err: /UnknownAccount/ });
  t.match(await run('account', 'deposit', '1', 'BTC', '0'), { code: EXIT_CONFIGURATION });
  t.match(await run('account', 'deposit', '2', 'EUR', '1', ...bob), { code: EXIT_REFUSED, err: /NotAllowed/ });

  await json('order', 'new', 'TWO', 'sell', '5', '100');
  t.match(await run('order', 'new', 'ONE', 'buy', '1', '1', ...bob), {
    code: EXIT_REFUSED,
    err: 'The venue refused the order: NotEnoughMoney; tredye account balance shows what is available.',
  });
  t.match(await json('order', 'new', 'TWO', 'buy', '8', '200', ...bob), [{}, { kind: 'Fill', amount: 5 }, {}]);
  t.match(await run('account', 'balance', 'EUR', ...bob), {
    out: 'shard 0: 0 available, 0 reserved\nshard 1: 889 available, 606 reserved\n',
  });
  t.match(await json('account', 'balance', '2', '--shard', '1', ...bob), [{ asset: 2, available: 50, reserved: 0 }]);
  t.match(await run('account', 'balance', 'EUR', '--shard', '1'), { out: 'shard 1: 498 available, 0 reserved\n' });
  t.match(await run('account', 'position', 'TWO', ...bob), { out: '5 lots of TWO at a cost of 500, 0 realised\n' });
  t.same(await json('account', 'position', 'TWO'), { symbol: 'TWO', position: -5, cost: 500, realised: 0 });
  t.match(await run('account', 'withdraw', '2', 'EUR', '900', '--shard', '1'), { code: EXIT_REFUSED });
  t.match(await json('account', 'withdraw', '0', 'EUR', '7', '--shard', '1'), { account: 0, amount: -7 });

  t.match(await run('account', 'limits', '2', '--order-quantity', '3', '--rate', '5'), {
    out: 'account 2 has orderQuantity 3, rate 5, burst 5\n',
  });
  t.match(await run('order', 'new', 'TWO', 'buy', '4', '1', ...bob), { code: EXIT_REFUSED, err: /OrderQuantityLimit/ });
  t.match(await run('account', 'limits', '2'), { out: 'account 2 has no limits\n' });

  t.match(await run('kill'), { code: EXIT_CONFIGURATION, err: /give a symbol, or --account, or --all/ });
  t.match(await run('kill', '--account', '2'), { out: 'account 2 is out of trading now on shards 0, 1\n' });
  t.match(await run('order', 'new', 'TWO', 'buy', '1', '1', ...bob), { code: EXIT_REFUSED, err: /Killed/ });
  t.match(await run('account', 'balance', 'EUR', '--shard', '1', ...bob), { out: /1495 available, 0 reserved/ });
  t.same(await json('kill', '--account', '2', '--off'), { symbol: null, account: 2, killed: false, shards: [0, 1] });
  t.match(await run('kill', 'TWO'), { out: 'TWO is out of trading now on shard 1\n' });
  t.match(await run('kill', '--account', '9'), {
    code: EXIT_REFUSED,
    err: /to kill account 9 on shard 0: UnknownAccount/,
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

t.test('rule 8.12: the audit trail says who did what and why, also what was refused, in two shards', async (t) => {
  const { run, json } = await startVenue(t, ['--shards', '2']);
  await run('asset', 'add', 'EUR', '--why', 'the first');
  await run('instrument', 'add', 'ACME', '--phase', 'Continuous', '--why', 'listing of today');
  await run('instrument', 'add', 'BETA', '--shard', '1');
  await run('account', 'create', 'alice', '--role', 'risk', '--why', 'joins the desk');
  await run('account', 'deposit', '2', 'EUR', '500', '--shard', '1', '--why', 'paper 17');
  await run('account', 'withdraw', '2', 'EUR', '900', '--shard', '1', '--why', 'paper 18');
  await run('phase', 'BETA', 'Auction', '--why', 'opening, as agreed with ä');
  t.match(await run('kill', '--account', '2', '--key', 'alice-key.json', '--why', 'her own wish'), {
    code: EXIT_CLEAN,
  });
  t.match(await run('halt', 'ACME', '--why', 'x'.repeat(201)), {
    code: EXIT_CONFIGURATION,
    err: 'A reason is 1 to 200 bytes without control characters.',
  });
  const trail = await json<AuditLine[]>('audit');
  t.same(
    trail.slice(2).map(({ name, what, why, answer }) => [name, what, why, answer]),
    [
      ['operator', 'add asset EUR', 'the first', 'done'],
      ['operator', 'add instrument ACME', 'listing of today', 'done'],
      ['operator', 'phase Continuous of ACME', 'listing of today', 'done'],
      ['operator', 'add instrument BETA', null, 'done'],
      ['operator', 'add account alice', 'joins the desk', 'done'],
      ['operator', 'add a key of alice with Read,Risk', 'joins the desk', 'done'],
      ['operator', 'deposit 500 EUR to alice', 'paper 17', 'done'],
      ['operator', 'withdraw 900 EUR from alice', 'paper 18', 'NotEnoughMoney'],
      ['operator', 'phase Auction of BETA', 'opening, as agreed with ä', 'done'],
      ['alice', 'take out of trading: alice', 'her own wish', 'done'],
      ['alice', 'take out of trading: alice', 'her own wish', 'done'],
    ],
  );
  t.match(trail.slice(0, 2), [{ name: 'the platform', what: /^add account/ }, { what: /^add a key/ }]);
  t.equal((await json<AuditLine[]>('audit', '--account', '2')).length, 2);
  t.match(await run('audit', '--since', '2999-01-01'), { code: EXIT_CLEAN, out: 'nothing was done\n' });
  t.match(await run('audit', '--since', 'noon'), { code: EXIT_CONFIGURATION, err: /It must be a time such as/ });
  t.match(
    (await run('audit')).out,
    /\n\S+Z +operator \(1\) +\d+ +phase Auction of BETA +opening, as agreed with ä +done\n/,
  );
});
