/**
 * `tredye trade`: trades that are made void or get another price, as processes against a real platform.
 */

import t from 'tap';
import { readKeyFile, TredyeClient } from '../../client/index.js';
import { type AuditLine, startVenue } from '../../proof/cli-venue.js';
import { EXIT_CLEAN, EXIT_CONFIGURATION, EXIT_REFUSED } from '../exit-codes.js';

t.test('rule 8.20: a trade gets another price, and both sides have what they would have had', async (t) => {
  const { platform, run, json } = await startVenue(t, []);
  await run('asset', 'add', 'EUR');
  await run('asset', 'add', 'BTC');
  const terms = ['--base', 'BTC', '--quote', 'EUR', '--price-decimals', '1', '--phase', 'Continuous'];
  await run('instrument', 'add', 'BTC/EUR', ...terms);
  await run('account', 'create', 'alice');
  await run('account', 'deposit', '1', 'BTC', '10');
  await run('account', 'deposit', '2', 'EUR', '1000');
  await run('order', 'new', 'BTC/EUR', 'sell', '5', '10.0');
  await run('order', 'new', 'BTC/EUR', 'buy', '5', '10.0', '--key', 'alice-key.json');
  const { trades } = await json<{ readonly trades: { readonly id: number }[] }>('trades', 'BTC/EUR');
  const trade = String(trades[0]?.id);
  const correct = ['trade', 'correct', trade, '--why', 'typed wrong'];
  t.match(await run(...correct), { code: EXIT_CONFIGURATION, err: /--price/ });
  t.match(await run(...correct, '--price', '9.05'), { code: EXIT_CONFIGURATION, err: /--price/ });
  t.match(await run(...correct, '--price', '9.5', '--key', 'alice-key.json'), {
    code: EXIT_REFUSED,
    err: /NotAllowed/,
  });
  const watcher = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey), { lane: 5 });
  t.teardown(() => watcher.close());
  await watcher.subscribe(['trades']);
  const corrected = new Promise((resolve) => watcher.onTradeCorrected(resolve));
  t.match(await run(...correct, '--price', '9.5'), {
    code: EXIT_CLEAN,
    out: `trade ${trade} of 5 lots is at 95 ticks instead of 100\n`,
  });
  t.match(await run('trade', 'bust', trade), { code: EXIT_REFUSED, err: /AlreadyBusted/ });
  t.match(await corrected, { trade: Number(trade), price: 95, quantity: 5 });
  t.match(await json('trades', 'BTC/EUR'), { trades: [{ id: Number(trade), price: 95 }] });
  t.match(await run('account', 'balance', 'EUR', '--key', 'alice-key.json'), {
    out: 'shard 0: 525 available, 0 reserved\n',
  });
  t.match((await json<AuditLine[]>('audit')).at(-2), {
    what: `give trade ${trade} of BTC/EUR the price 95`,
    why: 'typed wrong',
    answer: 'done',
  });
});

t.test('rule 8.17: a trade is made void, and money and positions go back', async (t) => {
  const { platform, run, json } = await startVenue(t, ['--shards', '2']);
  await run('asset', 'add', 'EUR');
  await run('asset', 'add', 'BTC');
  await run('instrument', 'add', 'BTC/EUR', '--base', 'BTC', '--quote', 'EUR', '--shard', '1', '--phase', 'Continuous');
  await run('account', 'create', 'alice');
  await run('account', 'deposit', '1', 'BTC', '10', '--shard', '1');
  await run('account', 'deposit', '2', 'EUR', '1000', '--shard', '1');
  await run('order', 'new', 'BTC/EUR', 'sell', '5', '100');
  await run('order', 'new', 'BTC/EUR', 'buy', '5', '100', '--key', 'alice-key.json');
  const { trades } = await json<{ readonly trades: { readonly id: number }[] }>('trades', 'BTC/EUR');
  const trade = String(trades[0]?.id);
  const bust = ['trade', 'bust', trade, '--shard', '1', '--why', 'both agree'];
  t.match(await run('trade', 'bust', '999999', '--shard', '1'), {
    code: EXIT_REFUSED,
    err: 'There is no trade 999999 on shard 1: tredye trades shows the last ones.',
  });
  t.match(await run(...bust, '--key', 'alice-key.json'), { code: EXIT_REFUSED, err: /NotAllowed/ });
  const watcher = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey), { lane: 5 });
  t.teardown(() => watcher.close());
  await watcher.subscribe(['trades']);
  const voided = new Promise((resolve) => watcher.onTradeVoid(resolve));
  t.match(await run(...bust), { code: EXIT_CLEAN, out: `trade ${trade} is void: 5 lots at 100 ticks\n` });
  t.match(await run(...bust), { code: EXIT_REFUSED, err: /AlreadyBusted/ });
  t.match(await voided, { trade: Number(trade), price: 100, quantity: 5, shard: 1 });
  t.match(
    await json('trades', 'BTC/EUR'),
    { trades: [{ id: Number(trade), price: 100, quantity: 5, void: true }] },
    'who asks for the trades sees that it is',
  );
  t.match((await run('trades', 'BTC/EUR')).out, /\bvoid$/m);
  t.match(await run('account', 'balance', 'EUR', '--shard', '1', '--key', 'alice-key.json'), {
    out: 'shard 1: 1000 available, 0 reserved\n',
  });
  t.match((await json<AuditLine[]>('audit')).slice(-2), [
    { what: `make trade ${trade} of BTC/EUR void`, why: 'both agree', answer: 'done' },
    { what: `make trade ${trade} of BTC/EUR void`, why: 'both agree', answer: 'AlreadyBusted' },
  ]);
});
