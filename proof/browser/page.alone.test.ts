/**
 * The page in a real chromium before a venue that says what the test wants: what it weighs, what it shows of what came,
 * how it stands to the venue, and how it looks in both schemes and sizes. Pictures are left in scratch/page.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Channel, EventKind, Phase } from '../../schemas/codes.js';
import { PublicFrameWriter } from '../../schemas/frame-writer.js';
import {
  EVENT_AMOUNT,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SEQUENCE,
  EVENT_WORDS,
  NO_PRICE,
} from '../../schemas/layout.js';
import { repositoryFolder } from '../recordings/data-folder.js';
import { printResult } from '../result.js';
import {
  DESKTOP,
  launchChromium,
  type OpenPage,
  openPage,
  PHONE,
  shownInstruments,
  textOf,
  until,
  violations,
} from './chromium.js';
import { MadePageVenue, nowUs } from './made-page-venue.js';
import { MarketScript } from './market-script.js';
import { gzippedBytes, PAGE_FOLDER, readPage } from './page-files.js';

const MOST_GZIPPED_BYTES = 60_000;
const ROOT = repositoryFolder();
const PICTURES = join(ROOT, 'scratch', 'page');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SEED = 20_260_214;

/** Elements whose text does not fit, and panels that show nothing, as the page has them now. */
const CUT_OFF = `(() => {
  const found = [];
  for (const element of document.querySelectorAll('h1, h2, p, dt, dd, th, td, strong, span')) {
    const box = element.getBoundingClientRect();
    if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline') {
      found.push('too wide: ' + element.textContent);
    }
    if (box.width > 0 && (box.left < 0 || box.right > innerWidth)) found.push('outside: ' + element.textContent);
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page is wider than the screen');
  for (const panel of document.querySelectorAll('.panel')) {
    const text = panel.innerText.trim();
    if (panel.clientHeight < 120) found.push('a panel of ' + panel.clientHeight + ' px: ' + text);
    if (!panel.querySelector('tbody tr, .u-wrap') && !/\\w+.*\\./.test(text)) found.push('an empty panel without a sentence: ' + text);
  }
  return found;
})()`;

const LOOKS = (['light', 'dark'] as const).flatMap((scheme) => [
  { name: `${scheme}-desktop`, scheme, size: DESKTOP },
  { name: `${scheme}-phone`, scheme, size: PHONE },
]);

t.setTimeout(180_000);
mkdirSync(PICTURES, { recursive: true });
const browser = await launchChromium();
t.teardown(() => browser.close());

async function venueOf(t: Test, script: MarketScript | null): Promise<MadePageVenue> {
  const venue = await MadePageVenue.open();
  if (script !== null) venue.instruments = script.instruments;
  t.teardown(() => venue.close());
  return venue;
}

async function close({ page }: OpenPage): Promise<void> {
  await page.context().close();
}

/** Serious and critical findings of axe. */
async function axeFindings({ page }: OpenPage): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate<string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
}

t.test('the page weighs less than 60 kB, and is the same however often it is built', async (t) => {
  const files = readPage(PAGE_FOLDER);
  const gzipped = gzippedBytes(files);
  t.ok(files.has('index.html'));
  t.ok(gzipped > 0 && gzipped < MOST_GZIPPED_BYTES, `${gzipped} bytes`);
  const folder = mkdtempSync(join(ROOT, 'scratch', 'page-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const vite = join(ROOT, 'node_modules', '.bin', 'vite');
  const config = join(ROOT, 'client', 'page', 'vite.config.js');
  const built = spawnSync(vite, ['build', '--config', config, '--outDir', folder, '--logLevel', 'warn'], { cwd: ROOT });
  t.equal(built.status, 0, built.stderr.toString());
  t.same(readPage(folder), files);
  printResult(
    'page.gzipped',
    gzipped,
    'bytes',
    (gzipped / MOST_GZIPPED_BYTES).toFixed(3),
    `most=${MOST_GZIPPED_BYTES}`,
  );
});

t.test('it shows every instrument as the stream left it, and asks for what was added since', async (t) => {
  const script = new MarketScript(12, SEED);
  const venue = await venueOf(t, script);
  venue.instruments = script.instruments.slice(0, 11);
  const open = await openPage(browser, venue.url);
  await until(open.page, 'tredye.venue().word === "live" && tredye.instruments().length === 11');
  t.same(venue.logons, [0], 'one logon, without a key');
  for (let frame = 0; frame < 20; frame++) for (const bytes of script.frames(100)) venue.send(bytes);
  venue.instruments = script.instruments;
  const total = script.shown.reduce((sum, { trades }) => sum + trades, 0);
  await until(open.page, `tredye.instruments().reduce((sum, { trades }) => sum + trades, 0) === ${total}`);
  t.same(await shownInstruments(open.page), script.shown);

  const row = open.page.getByRole('row', { name: 'ACME' });
  const [acme] = script.shown;
  const prices = [acme?.last, acme?.bid, acme?.ask].map((price) => ((price ?? 0) / 100).toFixed(2));
  const drawn = new RegExp(prices.map((price) => `(?=[^]*(?<!\\d)${price.replace('.', '\\.')}\\b)`).join(''));
  const cells = (await textOf(row, drawn))
    .replace(/[▲▼]/g, '')
    .split(/\s+/)
    .filter((text) => text !== '');
  t.equal(cells[0], 'ACME');
  for (const price of prices) t.ok(cells.includes(price), cells.join(' '));
  await open.page.getByRole('heading', { name: 'ACME', exact: true }).waitFor();
  t.equal(await open.page.getByRole('heading', { name: 'ACME', exact: true }).count(), 1, 'the first is looked at');

  await open.page.getByRole('grid').press('End');
  await open.page.getByRole('heading', { name: 'LARK', exact: true }).waitFor();
  t.equal(await open.page.getByRole('heading', { name: 'LARK', exact: true }).count(), 1, 'the keyboard chooses');
  await until(open.page, 'document.querySelectorAll(".tape tbody tr").length > 0');
  t.match(open.page.url(), /#LARK$/);
  t.same(open.complaints, []);
  t.same(await violations(open.page), []);
  await close(open);
});

t.test('tape and chart are full when the page is opened, and whole again after a lost connection', async (t) => {
  const script = new MarketScript(3, SEED);
  const venue = await venueOf(t, script);
  const past = (count: number) =>
    Array.from({ length: count }, (_, back) => {
      const [id, timeUs] = [count - back, nowUs() - (back + 1) * 1_000_000];
      return {
        id,
        timeUs,
        price: 90_000 + id,
        quantity: id,
        side: back % 2 === 0 ? ('Buy' as const) : ('Sell' as const),
        void: false,
      };
    });
  venue.trades = past(5);
  const open = await openPage(browser, venue.url);
  const { page } = open;
  const tapeRows = (count: number) => until(page, `document.querySelectorAll(".tape tbody tr").length === ${count}`);
  await tapeRows(5);
  t.same(venue.asked, ['/v1/trades/ACME?limit=1000']);
  t.match(await textOf(page.locator('.tape tbody tr').first(), /900\.05\s+5\s+buyer/), /900\.05\s+5\s+buyer/);
  await page.locator('.plot:not(.blank)').waitFor();
  await page.screenshot({ path: join(PICTURES, 'filled.png') });
  t.same((await shownInstruments(page))[0], {
    id: 1,
    symbol: 'ACME',
    last: 90_005,
    bid: null,
    ask: null,
    trades: 0,
    volume: 0,
  });

  await page.getByRole('grid').press('End');
  await page.getByRole('heading', { name: 'CRUX', exact: true }).waitFor();
  await tapeRows(5);
  await page.getByRole('grid').press('Home');
  await page.getByRole('heading', { name: 'ACME', exact: true }).waitFor();
  t.same(venue.asked.slice(1), ['/v1/trades/CRUX?limit=1000'], 'once each');

  venue.trades = past(9);
  venue.dropWatchers();
  await tapeRows(9);
  t.same(venue.asked.slice(2), ['/v1/trades/ACME?limit=1000'], 'what is looked at, again');
  t.same(open.complaints, []);
  await close(open);
});

/** A frame with one record of an instrument. */
function frameOf(channel: Channel, sequence: number, fields: Readonly<Record<number, number>>): Uint8Array {
  const record = new Int32Array(EVENT_WORDS);
  for (const [word, value] of Object.entries(fields)) record[Number(word)] = value;
  record[EVENT_SEQUENCE] = sequence;
  record[EVENT_INSTRUMENT] = 1;
  const writer = new PublicFrameWriter();
  writer.begin(0, 1);
  writer.append(1, channel, sequence - 1, sequence, record, 0, 1);
  return writer.finish(nowUs()).slice();
}

for (const size of [DESKTOP, PHONE]) {
  t.test(`${size.width} wide: an auction shows what it would come to, and a void trade is marked`, async (t) => {
    const venue = await venueOf(t, null);
    const script = new MarketScript(3, SEED);
    const phases = [Phase.Auction, Phase.VolatilityAuction, Phase.PostOnly];
    venue.instruments = script.instruments.map((one, at) => ({ ...one, phase: phases[at] ?? Phase.Closed }));
    venue.trades = [3, 2, 1].map((id) => {
      return { id, timeUs: nowUs() - 9e6, price: 100 + id, quantity: id, side: 'Buy' as const, void: id === 1 };
    });
    const open = await openPage(browser, venue.url, { size });
    const { page } = open;
    const quote = page.locator('.quote');
    const none = /Auction[\s\S]*Indicative\s+none\s+Imbalance/;
    t.match(await textOf(quote, none), none);
    await until(page, 'document.querySelectorAll(".tape tbody tr").length === 3');
    t.equal(await page.locator('.tape tr.void').count(), 1, 'the answer said so');
    const indicative = { [EVENT_KIND_WORD]: EventKind.Indicative, [EVENT_PRICE]: 123, [EVENT_QUANTITY]: 40 };
    venue.send(frameOf(Channel.Top, 10, { ...indicative, [EVENT_AMOUNT]: -15, [EVENT_AMOUNT + 1]: -1 }));
    const shown = /Indicative\s+1\.23 × 40\s+Imbalance\s+−15/;
    t.match(await textOf(quote, shown), shown);
    const change = { [EVENT_KIND_WORD]: EventKind.TradeVoid, [EVENT_PRICE]: 103, [EVENT_RELATED_ID]: 3 };
    venue.send(frameOf(Channel.Trades, 11, change));
    const line = page.locator('.tape tbody tr').first();
    t.match(await textOf(line, /1\.03\s+3\s+void/), /1\.03\s+3\s+void/);
    t.match(await line.getAttribute('class'), /void/);
    const corrected = { [EVENT_KIND_WORD]: EventKind.TradeCorrected, [EVENT_PRICE]: 150, [EVENT_RELATED_ID]: 2 };
    venue.send(frameOf(Channel.Trades, 12, corrected));
    const second = page.locator('.tape tbody tr').nth(1);
    t.match(await textOf(second, /1\.50\s+2\s+buyer/), /1\.50\s+2\s+buyer/);
    t.match(await textOf(quote.locator('strong'), /1\.50/), /1\.50/, 'the last price is of a trade that stands');
    t.same(await page.evaluate(CUT_OFF), []);
    t.same(await axeFindings(open), []);
    await page.screenshot({ path: join(PICTURES, `auction-${size.width}.png`) });
    const over = { [EVENT_KIND_WORD]: EventKind.Indicative, [EVENT_PRICE]: NO_PRICE };
    venue.send(frameOf(Channel.Top, 13, over));
    t.match(await textOf(quote, none), none);

    await page.getByRole('grid').press('End');
    t.match(await textOf(quote, /CRUX\s+Post only/), /CRUX\s+Post only/);
    t.notMatch(await quote.innerText(), /Indicative/, 'in no auction there is none');
    await page.getByRole('grid').press('ArrowUp');
    t.match(
      await textOf(quote, /BOLT\s+Volatility auction[\s\S]*Indicative/),
      /BOLT\s+Volatility auction[\s\S]*Indicative/,
    );
    t.same(open.complaints, []);
    await close(open);
  });
}

t.test(
  'prices of eleven digits stay whole and apart, a symbol that does not fit can be read, and no address stops it',
  async (t) => {
    const script = new MarketScript(3, SEED);
    const venue = await venueOf(t, null);
    const symbol = 'A/SYMBOL.OF.THIRTY-TWO.LETTERS-1';
    venue.instruments = script.instruments.map((one) => ({
      ...one,
      priceDecimals: 9,
      ...(one.id === 3 ? { symbol } : {}),
    }));
    for (const size of [DESKTOP, PHONE, { width: 320, height: 640 }]) {
      const open = await openPage(browser, `${venue.url}#%`, { size });
      const { page } = open;
      await until(page, 'tredye.instruments().length === 3');
      for (let frame = 0; frame < 20; frame++) for (const bytes of script.frames(10)) venue.send(bytes);
      await until(page, 'document.querySelectorAll(".tape tbody tr").length > 3');
      await page.locator('.plot:not(.blank)').waitFor();
      const found = await page.evaluate<string[]>(CUT_OFF);
      const isNarrow = size !== DESKTOP;
      t.same(
        found.filter((one) => !one.endsWith(symbol) && !(isNarrow && one.startsWith('too wide: 0.0'))),
        [],
        `${size.width} pixels wide`,
      );
      t.equal(await page.locator('.instruments tbody th').first().getAttribute('title'), symbol);
      const axis = await page.evaluate<number>('document.querySelectorAll(".u-axis")[1].getBoundingClientRect().width');
      t.ok(axis >= 11 * 8, `the axis of prices is ${axis} pixels wide`);
      await page.screenshot({ path: join(PICTURES, `long-${size.width}.png`) });
      t.same(open.complaints, []);
      await close(open);
    }
  },
);

t.test('of a thousand instruments only the rows in sight exist, and the last one can be reached', async (t) => {
  const script = new MarketScript(1_000, SEED);
  const venue = await venueOf(t, script);
  const open = await openPage(browser, venue.url);
  await until(open.page, 'document.querySelectorAll(".instruments tbody tr").length > 0');
  for (const bytes of script.frames(5_000)) venue.send(bytes);
  t.ok((await open.page.locator('.instruments tbody tr').count()) < 40);
  await open.page.getByRole('grid').press('End');
  const last = open.page.getByRole('row', { name: 'S1000' });
  await last.waitFor();
  t.equal(await last.getAttribute('aria-selected'), 'true');
  t.equal(await last.getAttribute('aria-rowindex'), '1001');
  await close(open);
});

t.test('prices turn grey when the venue is silent or gone, and the next attempt is shown', async (t) => {
  const script = new MarketScript(3, SEED);
  const venue = await venueOf(t, script);
  const open = await openPage(browser, venue.url);
  const { page } = open;
  await until(page, 'tredye.instruments().length === 3');
  for (const bytes of script.frames(50)) venue.send(bytes);
  const grey = async (wanted: boolean) => {
    await page.locator(wanted ? '.page.stale' : '.page:not(.stale)').waitFor();
    return page.evaluate<boolean>('document.querySelector(".page").classList.contains("stale")');
  };
  await until(page, 'tredye.venue().word === "live"');
  t.equal(await grey(false), false);

  venue.speaks = false;
  await page.getByText('Stale: the venue is silent').waitFor();
  t.equal(await grey(true), true);
  venue.speaks = true;
  await page.getByText('Live', { exact: true }).waitFor();
  t.equal(await grey(false), false, 'it was only slow');

  await venue.close();
  await page.getByText(/attempt \d+ in \d+\.\d s/).waitFor();
  t.equal(await grey(true), true);
  t.match(await textOf(page.getByRole('status'), /^Reconnecting$/), /^Reconnecting$/);
  t.same(await axeFindings(open), [], 'grey can be read');
  await page.screenshot({ path: join(PICTURES, 'reconnecting.png') });
  await close(open);
});

t.test('a venue that lets nobody watch is shown as one, with its reason', async (t) => {
  const venue = await venueOf(t, null);
  venue.refusal = 'nobody may watch here without a key';
  const open = await openPage(browser, venue.url);
  await open.page.getByText('nobody may watch here without a key. Reload the page to try again.').waitFor();
  t.match(await textOf(open.page.getByRole('status'), /^Refused$/), /^Refused$/);
  t.same(await open.page.evaluate(CUT_OFF), []);
  await close(open);
});

for (const { name, scheme, size } of LOOKS) {
  t.test(`${name}: all can be read, nothing is cut off, and no panel is empty without a word`, async (t) => {
    const script = new MarketScript(12, SEED);
    const venue = await venueOf(t, null);
    const empty = await openPage(browser, venue.url, { scheme, size });
    await empty.page.getByText('The venue lists no instruments yet.').waitFor();
    t.same(await empty.page.evaluate(CUT_OFF), []);
    t.same(await axeFindings(empty), []);
    await empty.page.screenshot({ path: join(PICTURES, `${name}-empty.png`) });
    await close(empty);

    venue.instruments = script.instruments;
    const open = await openPage(browser, venue.url, { scheme, size });
    await open.page.getByText('ACME has not traded yet.').waitFor();
    t.same(await open.page.evaluate(CUT_OFF), []);
    await open.page.screenshot({ path: join(PICTURES, `${name}-quiet.png`) });
    for (let frame = 0; frame < 150; frame++) {
      for (const bytes of script.frames(30)) venue.send(bytes);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until(open.page, 'document.querySelectorAll(".tape tbody tr").length > 20');
    t.same(await open.page.evaluate(CUT_OFF), []);
    t.same(await axeFindings(open), []);
    await open.page.screenshot({ path: join(PICTURES, `${name}.png`) });
    t.same(open.complaints, []);
    t.same(await violations(open.page), []);
    await close(open);
  });
}
