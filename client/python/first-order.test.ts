/** The Python example as a user runs it: in the environment that `make python` makes, against a running platform. */

import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PlatformProcess } from '../../proof/platform-process.js';
import { repositoryFolder } from '../../proof/recordings/data-folder.js';
import { readKeyFile, TredyeClient } from '../index.js';

const ROOT = repositoryFolder();
const EXAMPLE = join(ROOT, 'client', 'python', 'first_order.py');
const NOWHERE = 'ws://127.0.0.1:1';

/** Runs the example with these arguments; standard output and error as they came. */
function firstOrder(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const made = spawnSync('make', ['-s', 'python'], { cwd: ROOT, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`make python failed:\n${made.stdout}${made.stderr}`);
  return runExample(args, {});
}

function runExample(args: string[], environment: Readonly<Record<string, string>>) {
  const env = { ...process.env, TREDYE_URL: '', TREDYE_KEY: '', ...environment };
  return spawnSync(join(ROOT, '.venv', 'bin', 'python'), [EXAMPLE, ...args], { encoding: 'utf8', env });
}

/** A platform with one instrument ACME, the second one of two shards, and 3 lots for sale at 100. */
async function venueWithSeller(t: Test): Promise<{ platform: PlatformProcess; client: TredyeClient }> {
  const platform = await PlatformProcess.start({ data: join(t.testdir(), 'data'), flags: ['--shards', '2'] });
  t.teardown(() => platform.kill());
  const { url, adminKey } = platform.ready;
  const client = await TredyeClient.connect(url, readKeyFile(adminKey), { lane: 2 });
  t.teardown(() => client.close());
  const acme = await client.addInstrument({ symbol: 'ACME', shard: 1, priceMax: 1000, quantityMax: 1000 });
  t.equal(acme.shard, 1);
  return { platform, client };
}

t.test('it places an order and prints all its reports, durable, of its own command only', async (t) => {
  const { platform, client } = await venueWithSeller(t);
  const { url, adminKey } = platform.ready;
  const closed = firstOrder(adminKey, url);
  t.same([closed.status, closed.stderr], [0, '']);
  t.same(closed.stdout.split('\n'), ['logged on as account 1', 'Rejected 0 @ 0 NotInThisPhase', '']);

  await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  await client.place({ symbol: 'ACME', side: 'Sell', price: 100, quantity: 3 });
  const traded = firstOrder(adminKey, url);
  t.same([traded.status, traded.stderr], [0, '']);
  t.same(
    traded.stdout.split('\n').map((line) => line.trim()),
    ['logged on as account 1', 'Accepted 5 @ 100', 'Fill 3 @ 100', 'Fill 3 @ 100', 'Booked 0 @ 100', ''],
  );
  const again = runExample([], { TREDYE_URL: url, TREDYE_KEY: adminKey });
  t.match(again.stdout, /^Accepted 5 @ 100/m, 'its order ids never repeat');
});

/** Every kind of order that `place` makes, each with what must come of it, and a field that no order has. */
const KINDS = `
import sys
from tredye_session import Session, TredyeError, name_of
from tredye.CommandFlag import CommandFlag
from tredye.EventKind import EventKind
from tredye.OrderType import OrderType
from tredye.Reason import Reason
from tredye.SelfTrade import SelfTrade
from tredye.Side import Side
from tredye.TimeInForce import TimeInForce
from tredye.Trigger import Trigger

with Session(*sys.argv[1:]) as session:
    def show(what, *order, **more):
        reports = session.place("ACME", *order, **more)
        print(what, *(name_of(EventKind, one.Kind()) + ("" if one.Reason() == 0 else ":" + name_of(Reason, one.Reason())) for one in reports))

    show("iceberg", Side.Buy, 90, 9, order_type=OrderType.Iceberg, display_quantity=2)
    show("date", Side.Buy, 89, 1, TimeInForce.GoodTillDate, min_quantity=4_000_000_000)
    show("slide", Side.Buy, 110, 1, flags=CommandFlag.PostOnly | CommandFlag.Slide)
    show("minimum", Side.Buy, 100, 9, TimeInForce.ImmediateOrCancel, min_quantity=5)
    show("self", Side.Buy, 100, 1, self_trade=SelfTrade.Newest)
    show("stop", Side.Buy, None, 1, order_type=OrderType.Stop, trigger=Trigger.LastTrade, trigger_price=300)
    show("limit", Side.Buy, 301, 1, order_type=OrderType.StopLimit, trigger=Trigger.LastTrade, trigger_price=300)
    show("to-limit", Side.Buy, None, 5, order_type=OrderType.MarketToLimit)
    show("trailing", Side.Sell, None, 1, order_type=OrderType.TrailingStop, trigger=Trigger.LastTrade, trigger_price=50)
    show("wrong", Side.Buy, 90, 1, order_type=OrderType.Iceberg, display_quantity=2)
    try:
        show("unknown", Side.Buy, 90, 1, colour=2)
    except TredyeError as error:
        print(error, error.code)
`;

t.test('it places every kind of order', async (t) => {
  const { platform, client } = await venueWithSeller(t);
  await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  await client.place({ symbol: 'ACME', side: 'Sell', price: 100, quantity: 3 });
  firstOrder('none.json');
  const { url, adminKey } = platform.ready;
  const ran = spawnSync(join(ROOT, '.venv', 'bin', 'python'), ['-c', KINDS, adminKey, url], {
    encoding: 'utf8',
    cwd: join(ROOT, 'client', 'python'),
  });
  t.same([ran.status, ran.stderr], [0, '']);
  t.same(ran.stdout.trim().split('\n'), [
    'iceberg Accepted Booked',
    'date Accepted Booked',
    'slide Accepted Booked',
    'minimum Rejected:MinQuantityNotFillable',
    'self Accepted Cancelled:SelfTrade',
    'stop Accepted',
    'limit Accepted',
    'to-limit Accepted Fill Fill Booked',
    'trailing Accepted',
    'wrong Rejected:DisplayOutOfRange',
    'An order has no field colour. BadArgument',
  ]);
});

t.test('what goes wrong is one sentence with a code, and exit code 1', async (t) => {
  const folder = t.testdir({ 'bad.json': '{"keyId":1}' });
  const platform = await PlatformProcess.start({ data: join(folder, 'data') });
  t.teardown(() => platform.kill());
  const { url, adminKey } = platform.ready;
  const other = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  writeFileSync(join(folder, 'other.json'), JSON.stringify({ keyId: 1, privateKey: other }));
  const cases: [args: string[], says: RegExp][] = [
    [[adminKey, url], /^There is no instrument ACME\. \[UnknownSymbol\]\n$/],
    [[join(folder, 'other.json'), url], /^The platform did not take it: NotAllowed \(.*\)\. \[NotAllowed\]\n$/],
    [[join(folder, 'bad.json'), url], /^The key file .*bad\.json needs a number keyId and a PEM text.*\[BadKey\]\n$/],
    [[join(folder, 'none.json'), url], /^There is no key file .*none\.json: .*\[BadKey\]\n$/],
    [[adminKey, NOWHERE], /^No connection to ws:\/\/127\.0\.0\.1:1: .*\[NotConnected\]\n$/],
    [[adminKey, 'http://localhost'], /^No connection to http:\/\/localhost: .*\[NotConnected\]\n$/],
  ];
  for (const [args, says] of cases) {
    const { status, stderr } = firstOrder(...args);
    t.equal(status, 1);
    t.match(stderr, says);
  }
});
