/**
 * `tredye watch` against a real platform: plain lines and JSON where there is no terminal, a screen where there is one.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readKeyFile, TredyeClient } from '../../client/index.js';
import { PlatformProcess } from '../../proof/platform-process.js';
import { EXIT_CLEAN, EXIT_KEY, EXIT_REFUSED } from '../exit-codes.js';
import { CLI_ENTRY, cliEnvironment, tredye } from './cli-process.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const DEADLINE_MS = 60_000;

async function startMarket(
  t: Test,
  flags: readonly string[] = [],
): Promise<{ platform: PlatformProcess; client: TredyeClient; url: string }> {
  const platform = await PlatformProcess.start({ data: join(t.testdir(), 'data'), flags: [...SMALL, ...flags] });
  t.teardown(() => platform.kill());
  const client = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
  t.teardown(() => client.close());
  await client.addInstrument({ symbol: 'ACME', priceMax: 100_000, quantityMax: 1000, priceDecimals: 1 });
  await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  await client.place({ symbol: 'ACME', side: 'Sell', price: 1015, quantity: 7 });
  return { platform, client, url: `ws://127.0.0.1:${platform.ready.port}` };
}

/** What a child has written so far, and a wait for something in it. */
class Output {
  said = '';
  private readonly waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      this.said += part;
      for (const look of [...this.waiting]) look();
    });
  }

  until(wanted: RegExp | string): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`${wanted} never came; it said:\n${this.said}`)), DEADLINE_MS);
      const look = () => {
        if (!(typeof wanted === 'string' ? this.said.includes(wanted) : wanted.test(this.said))) return;
        clearTimeout(deadline);
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
  }
}

t.test('without a terminal each change is a line, and Ctrl-C ends it', async (t) => {
  const { client, url } = await startMarket(t);
  const watching = ['--url', url];
  const plain = spawn(process.execPath, [CLI_ENTRY, 'watch', 'ACME', ...watching], { env: cliEnvironment() });
  const json = spawn(process.execPath, [CLI_ENTRY, 'watch', 'ACME', '--json', ...watching], { env: cliEnvironment() });
  t.teardown(() => [plain, json].map((child) => child.kill('SIGKILL')));
  const [plainSaid, jsonSaid] = [new Output(plain), new Output(json)];
  // A subscription begins with the best prices as they are.
  await Promise.all([plainSaid.until(/ask 7 at 101\.5 in 1 orders\n/), jsonSaid.until(/"type":"top".*"price":1015/)]);
  await client.place({ symbol: 'ACME', side: 'Buy', price: 1015, quantity: 3 });
  await Promise.all([
    plainSaid.until(/\n\d\d:\d\d:\d\d\.\d{3} trade 3 at 101\.5 Buy\n/),
    plainSaid.until(/\n\d\d:\d\d:\d\d\.\d{3} ask 4 at 101\.5 in 1 orders\n/),
    jsonSaid.until(/\{"type":"trade","symbol":"ACME",.*"price":1015,"quantity":3,"aggressor":"Buy"\}\n/),
  ]);
  await client.setPhase({ symbol: 'ACME', phase: 'Auction' });
  await client.place({ symbol: 'ACME', side: 'Buy', price: 1015, quantity: 3 });
  await Promise.all([
    plainSaid.until(/\n\d\d:\d\d:\d\d\.\d{3} auction: 3 would trade at 101\.5, imbalance -1\n/),
    jsonSaid.until(/\{"type":"indicative","symbol":"ACME",.*"price":1015,"quantity":3,"imbalance":-1\}\n/),
  ]);
  for (const child of [plain, json]) {
    child.kill('SIGINT');
    t.same(await once(child, 'close'), [EXIT_CLEAN, null]);
  }
  t.notMatch(plainSaid.said, /closed/);
  await client.close();
});

t.test('on a terminal it draws the book and the trades, and gives the cursor back', async (t) => {
  const { platform, client, url } = await startMarket(t);
  // script(1) brings the terminal. exec: a shell that stays between takes Ctrl-C too and ends with 130, as dash does.
  const command = ['exec', process.execPath, CLI_ENTRY, 'watch', 'ACME', '--depth', '3', '--url', url].join(' ');
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    env: cliEnvironment({ TERM: 'xterm', SHELL: '/bin/sh' }),
  });
  t.teardown(() => child.kill('SIGKILL'));
  const screen = new Output(child);
  await screen.until(/ACME {2}Continuous[\s\S]*101\.5 +7 +1[\s\S]*no trade yet[\s\S]*live; Ctrl-C ends/);
  t.ok(screen.said.includes('\u001b[?25l'), 'the cursor is hidden');
  await client.place({ symbol: 'ACME', side: 'Buy', price: 1015, quantity: 3 });
  await screen.until(/101\.5 +4 +1[\s\S]*101\.5 +3 +Buy/);
  await client.close();
  await platform.kill();
  await screen.until(/reconnecting: |Nothing listens at/);
  child.stdin.write('\u0003');
  await screen.until('\u001b[?25h');
  const [code] = await once(child, 'close');
  t.equal(code, EXIT_CLEAN);
});

t.test('where the public may not watch it says so, and a key that is revoked meanwhile ends it by name', async (t) => {
  const { platform, client, url } = await startMarket(t, ['--public-sessions', '0']);
  t.same(await tredye(['watch', 'ACME', '--url', url]), {
    code: EXIT_KEY,
    out: '',
    err: `The platform at ${url}/v1/stream refused the logon: nobody may watch here without a key: name one with --key.`,
  });
  const key = join(platform.ready.data, 'eyes.json');
  const made = await tredye([
    'account',
    'create',
    'eyes',
    '--out',
    key,
    '--url',
    url,
    '--key',
    platform.ready.adminKey,
  ]);
  t.equal(made.code, EXIT_CLEAN, made.err);
  const child = spawn(process.execPath, [CLI_ENTRY, 'watch', 'ACME', '--url', url, '--key', key], {
    env: cliEnvironment(),
  });
  t.teardown(() => child.kill('SIGKILL'));
  const said = new Output(child);
  let wrong = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    wrong += part;
  });
  await said.until(/ask 7 at 101\.5 in 1 orders\n/);
  await client.revokeKey(2);
  t.same(await once(child, 'close'), [EXIT_REFUSED, null]);
  t.match(wrong, /^The venue ended the session: .+\.\n$/);
});
