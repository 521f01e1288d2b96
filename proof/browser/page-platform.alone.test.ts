/**
 * The page as the platform serves it, in a real chromium: a recorded day plays and the page shows what a client in Node
 * gets; the platform is killed and comes back; what the page measured stands in /metrics.
 */

import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runDemo } from '../../bench/demo/demo.js';
import { NO_KEY, readKeyFile, TredyeClient } from '../../client/index.js';
import { PlatformProcess } from '../platform-process.js';
import { repositoryFolder } from '../recordings/data-folder.js';
import {
  launchChromium,
  openPage,
  type ShownInstrument,
  shownInstruments,
  textOf,
  until,
  violations,
} from './chromium.js';

const DAY = join(repositoryFolder(), 'proof', 'recordings', 'excerpts', 'sse_600519_20230201');
const SIZES = ['--segment-mib', '16', '--max-orders', '20000', '--max-instruments', '16', '--max-accounts', '64'];
/** So that the excerpt takes some seconds. */
const SPEED = 60;
const OPERATOR_LANE = 7;
/** Waits between attempts grow to 20 s while the platform starts. */
const RECONNECT_MS = 60_000;

t.setTimeout(240_000);
const browser = await launchChromium();
t.teardown(() => browser.close());

async function start(t: Test, port = 0): Promise<PlatformProcess> {
  const platform = await PlatformProcess.start({ data: join(t.testdirName, 'data'), flags: SIZES, port });
  t.teardown(() => platform.kill());
  return platform;
}

function pageUrl({ ready }: PlatformProcess): string {
  return `http://127.0.0.1:${ready.port}/`;
}

/** What a client in Node without a key is told, instrument by instrument. */
class NodeWatcher {
  readonly shown = new Map<number, { -readonly [Key in keyof ShownInstrument]: ShownInstrument[Key] }>();
  gaps = 0;

  private constructor(readonly client: TredyeClient) {}

  static async connect(url: string): Promise<NodeWatcher> {
    const watcher = new NodeWatcher(await TredyeClient.connect(url, NO_KEY));
    const { client } = watcher;
    client.onTrade(({ instrument, price, quantity }) => {
      const one = watcher.of(instrument);
      one.last = price;
      one.trades += 1;
      one.volume += quantity;
    });
    client.onTop(({ instrument, side, price }) => {
      if (side === 'Buy') watcher.of(instrument).bid = price;
      else watcher.of(instrument).ask = price;
    });
    client.onPublicGap(() => {
      watcher.gaps += 1;
    });
    await client.subscribe(['trades', 'top']);
    return watcher;
  }

  private of(id: number) {
    const known = this.shown.get(id);
    if (known !== undefined) return known;
    const one = { id, symbol: '', last: null, bid: null, ask: null, trades: 0, volume: 0 };
    this.shown.set(id, one);
    return one;
  }

  /** With the symbols, by id. */
  async all(): Promise<ShownInstrument[]> {
    const listed = await this.client.instruments();
    return listed.map(({ id, symbol }) => ({ ...this.of(id), symbol }));
  }
}

t.test('a recorded day plays, and the page shows what a client in Node gets', async (t) => {
  t.testdir();
  const platform = await start(t);
  const { url, adminKey } = platform.ready;
  const watcher = await NodeWatcher.connect(url);
  const open = await openPage(browser, pageUrl(platform));
  const { page } = open;
  await until(page, 'tredye.venue().word === "live"');
  const outcome = await runDemo({
    market: DAY,
    members: 4,
    speed: SPEED,
    url,
    keyFile: adminKey,
    say: () => undefined,
    progress: () => undefined,
    progressMs: 1_000,
    stop: new AbortController().signal,
  });
  t.equal(outcome.trades.difference, '');
  t.ok(outcome.trades.came > 0);
  // The day took its orders with it: some of another one, so that there is a bid and an ask to compare.
  const operator = await TredyeClient.connect(url, readKeyFile(adminKey), { lane: OPERATOR_LANE });
  const symbol = outcome.symbol;
  const [price = 0] = (await watcher.all()).map(({ last }) => last ?? 0);
  await operator.setPhase({ symbol, phase: 'Continuous' });
  t.match(await operator.place({ symbol, side: 'Buy', price: price - 3, quantity: 7 }), { kind: 'Accepted' });
  t.match(await operator.place({ symbol, side: 'Sell', price: price + 2, quantity: 9 }), { kind: 'Accepted' });
  t.match(await operator.place({ symbol, side: 'Buy', price: price + 2, quantity: 4 }), { kind: 'Accepted' });

  const trades = outcome.trades.came + 1;
  await until(page, `tredye.instruments().some((one) => one.trades === ${trades} && one.bid === ${price - 3})`);
  while (watcher.shown.get(1)?.trades !== trades) await new Promise((resolve) => setTimeout(resolve, 20));
  const expected = await watcher.all();
  t.match(expected, [{ symbol, last: price + 2, bid: price - 3, ask: price + 2, trades }]);
  t.same(await shownInstruments(page), expected);
  t.equal(watcher.gaps, 0);
  const decimals = ((price + 2) / 100).toFixed(2);
  const quote = new RegExp(`^${decimals.replace('.', '\\.')}$`);
  t.match(await textOf(page.locator('.quote strong'), quote), quote, 'with the decimals of the instrument');
  const trade = new RegExp(`\\s${decimals.replace('.', '\\.')}\\s+4\\s+buyer`);
  t.match(await textOf(page.locator('.tape tbody tr').first(), trade), trade);

  // The page sends what it measured once a second.
  const metrics = async (name: string): Promise<number> => {
    const text = await (await fetch(`${pageUrl(platform)}metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 'NaN');
  };
  while (!((await metrics('tredye_page_message_seconds_count')) > 0))
    await new Promise((resolve) => setTimeout(resolve, 100));
  t.ok((await metrics('tredye_page_frame_seconds_count')) > 0);
  t.ok((await metrics('tredye_page_frames_total')) >= (await metrics('tredye_page_frame_seconds_count')));
  t.same(open.complaints, []);
  t.same(await violations(page), []);
  await page.context().close();
  await operator.close();
  await watcher.client.close();
});

t.test(
  'the platform is killed and comes back: the page says when it tries again, and recovers by itself',
  async (t) => {
    t.testdir();
    let platform = await start(t);
    const { port, adminKey } = platform.ready;
    const connect = () => TredyeClient.connect(platform.ready.url, readKeyFile(adminKey), { lane: OPERATOR_LANE });
    let operator = await connect();
    await operator.addInstrument({ symbol: 'ACME', priceMax: 10_000, quantityMax: 1_000, priceDecimals: 2 });
    await operator.setPhase({ symbol: 'ACME', phase: 'Continuous' });
    const { page } = await openPage(browser, pageUrl(platform));
    await until(page, 'tredye.instruments().length === 1');
    await operator.place({ symbol: 'ACME', side: 'Buy', price: 1_234, quantity: 5 });
    await until(page, 'tredye.instruments()[0].bid === 1234');
    await operator.close();

    await platform.kill();
    await page.getByText(/attempt \d+ in \d+\.\d s/).waitFor();
    t.match(await textOf(page.getByRole('status'), /^Reconnecting$/), /^Reconnecting$/);
    await page.locator('.page.stale').waitFor();
    t.equal(await page.locator('.page.stale').count(), 1, 'what may be old is grey');
    t.match(await shownInstruments(page), [{ bid: 1_234 }], 'and still there');

    platform = await start(t, port);
    await until(page, 'tredye.venue().word === "live"', RECONNECT_MS);
    await page.locator('.page:not(.stale)').waitFor();
    t.equal(await page.locator('.page.stale').count(), 0);
    operator = await connect();
    await operator.place({ symbol: 'ACME', side: 'Sell', price: 1_234, quantity: 2 });
    await operator.place({ symbol: 'ACME', side: 'Sell', price: 1_250, quantity: 3 });
    await until(page, 'tredye.instruments()[0].ask === 1250');
    t.match(await shownInstruments(page), [{ last: 1_234, bid: 1_234, ask: 1_250, trades: 1, volume: 2 }]);
    await page.context().close();
    await operator.close();
    await platform.stop();
  },
);
