/**
 * Debian's chromium with the page in it, as a reader has it: the browser is real, nothing of the page is replaced. For
 * tests of the page.
 */

import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

const UNTIL_MS = 20_000;
const LOOK_MS = 50;

/** Called in the page before anything of it runs: what its security policy forbids, and tasks over 50 ms. */
const WATCH = `
  globalThis.seen = { violations: [], longTasks: [] };
  addEventListener('securitypolicyviolation', (event) => seen.violations.push(event.violatedDirective + ' ' + event.blockedURI));
  new PerformanceObserver((list) => { for (const task of list.getEntries()) seen.longTasks.push(task.duration); })
    .observe({ type: 'longtask', buffered: true });
`;

/** What the page says of an instrument; null: none. */
export interface ShownInstrument {
  readonly id: number;
  readonly symbol: string;
  readonly last: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly trades: number;
  readonly volume: number;
}

export interface OpenPage {
  readonly page: Page;
  /** What went wrong in it: errors, console errors, what the policy forbade. */
  readonly complaints: string[];
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export async function openPage(
  browser: Browser,
  url: string,
  look: { size?: { width: number; height: number }; scheme?: 'light' | 'dark' } = {},
): Promise<OpenPage> {
  const size = look.size ?? DESKTOP;
  const isPhone = size.width < 600;
  const context = await browser.newContext({
    viewport: size,
    colorScheme: look.scheme ?? 'dark',
    deviceScaleFactor: isPhone ? 2 : 1,
    hasTouch: isPhone,
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A lost venue is the browser's to complain about, and the page's to show.
    if (message.type() === 'error' && !message.text().includes('WebSocket')) complaints.push(message.text());
  });
  await page.addInitScript(WATCH);
  await page.goto(url);
  return { page, complaints };
}

/** The answer of an expression in the page. */
function ask<Answer>(page: Page, expression: string): Promise<Answer> {
  return page.evaluate<Answer>(expression);
}

/** What stands in the page's own tables, NaN as null. */
export function shownInstruments(page: Page): Promise<ShownInstrument[]> {
  return ask(page, 'JSON.parse(JSON.stringify(tredye.instruments()))');
}

/**
 * Waits until an expression in the page is true; 20 s at most if nothing else is said. Asked from here, again and again:
 * the page's own policy forbids what playwright would do inside it.
 */
export async function until(page: Page, expression: string, limitMs = UNTIL_MS): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!(await ask<boolean>(page, expression))) {
    if (performance.now() > limit) throw new Error(`The page never came to: ${expression}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/**
 * The text of what is looked at, once it matches; after 20 s as it is then, for the assertion to say. The page draws a frame
 * later than its state changes, and the tape several: nothing that is drawn may be asked for only once.
 */
export async function textOf(looked: Locator, wanted: RegExp): Promise<string> {
  const limit = performance.now() + UNTIL_MS;
  for (;;) {
    const text = await looked.innerText();
    if (wanted.test(text) || performance.now() > limit) return text;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Work of the page's thread for each of the last frames, µs. */
export function frameWork(page: Page): Promise<number[]> {
  return ask(page, 'tredye.workUs()');
}

export function violations(page: Page): Promise<string[]> {
  return ask(page, 'seen.violations');
}

export function longTasks(page: Page): Promise<number[]> {
  return ask(page, 'seen.longTasks');
}
