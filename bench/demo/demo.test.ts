/** `make demo` on an excerpt of a recorded day, with a real platform: again and again, stopped, and with nothing there. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { readKeyFile, TredyeClient } from '../../client/index.js';
import { PlatformProcess } from '../../proof/platform-process.js';
import { repositoryFolder } from '../../proof/recordings/data-folder.js';
import { planDay } from '../../proof/recordings/day-plan.js';
import { Phase } from '../../schemas/codes.js';
import { dueTimes, timeOfDay } from './day-clock.js';

const MAIN = fileURLToPath(new URL('./demo-main.js', import.meta.url));
const EXCERPT = join(repositoryFolder(), 'proof', 'recordings', 'excerpts', 'sse_600519_20230201');
const AT_ONCE = '1000000';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface DemoRun {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

function demo(args: string[], environment: Readonly<Record<string, string>> = {}): DemoRun {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: '', ...environment },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return { child, ended: once(child, 'close').then(([code]) => ({ code, stdout, stderr })) };
}

async function platformFor(t: Test): Promise<{ platform: PlatformProcess; where: string[]; operator: TredyeClient }> {
  const platform = await PlatformProcess.start({ data: join(t.testdir(), 'data'), flags: ['--gateways', '2'] });
  t.teardown(() => platform.kill());
  const { url, adminKey } = platform.ready;
  const operator = await TredyeClient.connect(url, readKeyFile(adminKey));
  t.teardown(() => operator.close());
  return { platform, operator, where: ['--url', url, '--key', adminKey, '--market', EXCERPT] };
}

/** Rows of a recorded file. */
function rowsOf(file: string): number {
  return (
    gunzipSync(readFileSync(join(EXCERPT, file)))
      .toString()
      .trimEnd()
      .split('\n').length - 1
  );
}

t.test('twelve members make exactly the trades of the day, again and again on one venue', async (t) => {
  const { platform, operator, where } = await platformFor(t);
  const trades = rowsOf('trades.csv.gz');
  await operator.subscribe(['trades']);
  let seen = 0;
  operator.onTrade(() => {
    seen++;
  });
  for (const [members, said] of [
    ['12', '12 members (12 of them new) trade 600519'],
    ['5', '5 members (of an earlier demo) trade 600519'],
    ['14', '14 members (2 of them new) trade 600519'],
  ] as const) {
    seen = 0;
    const { code, stdout, stderr } = await demo([...where, '--members', members, '--speed', AT_ONCE]).ended;
    t.equal(code, 0, stderr);
    t.ok(stderr.includes(said), stderr);
    t.match(stdout, new RegExp(`^RESULT demo\\.trades ${trades} trades 1\\.0 vs recorded=${trades}$`, 'm'));
    t.match(stdout, /^RESULT demo\.refused 0 commands$/m);
    t.ok(stderr.includes('all of them the same'));
    t.match(stderr, /^\d\d:\d\d:\d\d 100% [\d,]+ commands\/s \| .* trades \| durable in/m, 'plain lines elsewhere');
    // Its connection is another one than the demo's: what the demo has counted may be a moment away.
    for (let looks = 0; seen < trades && looks < 1000; looks++) await new Promise((resolve) => setTimeout(resolve, 10));
    t.equal(seen, trades, 'another session saw as many');
  }
  const listed = await operator.instruments();
  t.same(
    listed.map(({ symbol, phase }) => [symbol, phase]),
    [['600519', Phase.Closed]],
  );
  const keys = join(platform.ready.data, 'demo-members.json');
  t.equal(statSync(keys).mode & 0o777, 0o600, 'private keys are their owner’s');
  t.equal(JSON.parse(readFileSync(keys, 'utf8')).members.length, 14);
});

t.test('Ctrl-C ends it cleanly: no order stays, and the next demo finds all as it was', async (t) => {
  const { operator, where } = await platformFor(t);
  const stopped = demo([...where, '--members', '4', '--speed', '60']);
  await new Promise<void>((resolve) => {
    stopped.child.stderr?.on('data', (text: string) => {
      if (/^09:\d\d:\d\d [1-9]\d*% /m.test(text)) resolve();
    });
  });
  stopped.child.kill('SIGINT');
  const { code, stdout, stderr } = await stopped.ended;
  t.equal(code, 0, stderr);
  t.match(stderr, /^Stopped: the orders of the day are taken out, all sessions are closed\.$/m);
  t.match(stderr, /, 0 refused$/m);
  t.match(stdout, /^RESULT demo\.commands [1-9]\d* commands$/m);
  await operator.setPhase({ symbol: '600519', phase: 'Continuous' });
  const { kind } = await operator.place({ symbol: '600519', side: 'Sell', price: 1, quantity: 1 });
  t.equal(kind, 'Accepted');
  const taken = await operator.place({
    symbol: '600519',
    side: 'Buy',
    price: 1,
    quantity: 1,
    timeInForce: 'FillOrKill',
  });
  t.equal(taken.kind, 'Accepted', 'the book held nothing but the order just placed');
  const again = await demo([...where, '--members', '4', '--speed', AT_ONCE]).ended;
  t.equal(again.code, 0, again.stderr);
  t.match(again.stdout, /^RESULT demo\.trades \d+ trades 1\.0 vs/m);
});

t.test('a platform that goes away ends it by name', async (t) => {
  const { platform, where } = await platformFor(t);
  const cut = demo([...where, '--members', '4', '--speed', '60']);
  await new Promise<void>((resolve) => {
    cut.child.stderr?.on('data', (text: string) => {
      if (/^09:\d\d:\d\d /m.test(text)) resolve();
    });
  });
  await platform.kill();
  const { code, stderr } = await cut.ended;
  t.equal(code, 1);
  t.match(stderr, /^The demo broke off: A session became reconnecting: .*$/m);
});

t.test('what is wrong is one sentence that says what to do', async (t) => {
  const folder = t.testdir({ 'key.json': '{}', members: { 'demo-members.json': '{"members":[{}]}' } });
  const key = join(folder, 'key.json');
  const make = 'start the platform with `make run` in another terminal first';
  const cases: [args: string[], environment: Record<string, string>, says: string][] = [
    [[], { KEY: join(folder, 'none.json') }, `There is no operator's key at ${join(folder, 'none.json')}: ${make}`],
    [['--key', key], {}, `The key file ${key} needs a number keyId`],
    [['--members', '0'], {}, 'MEMBERS must be a whole number from 1 to 1000; it is "0".'],
    [[], { MEMBERS: 'many' }, 'MEMBERS must be a whole number from 1 to 1000; it is "many".'],
    [['--speed', '0'], {}, 'SPEED must be a number above 0; it is "0".'],
    [['--market', folder], {}, `${folder} is no folder of a recorded day: it has no commands.csv.gz.`],
    [['--market', 'sse_none'], { CI: 'true' }, 'The recording sse_none is missing ('],
  ];
  for (const [args, environment, says] of cases) {
    const { code, stderr } = await demo([...args], environment).ended;
    t.equal(code, 1);
    t.ok(stderr.includes(says), stderr);
    t.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  }
  const { platform, where } = await platformFor(t);
  const { url } = platform.ready;
  await platform.kill();
  const gone = await demo(where).ended;
  t.same([gone.code, gone.stdout], [1, '']);
  t.match(gone.stderr, new RegExp(`^No platform answers at ${url}: ${make}.*\n$`));
});

t.test('members that the venue does not know are refused with the file to delete', async (t) => {
  const { platform, where } = await platformFor(t);
  const { adminKey, data } = platform.ready;
  const { privateKey } = JSON.parse(readFileSync(adminKey, 'utf8'));
  const path = join(data, 'demo-members.json');
  writeFileSync(path, JSON.stringify({ members: [{ name: 'demo-001', account: 9, keyId: 99, privateKey }] }));
  const { code, stderr } = await demo([...where, '--members', '1']).ended;
  t.equal(code, 1);
  t.ok(stderr.includes(`The members of an earlier demo are in ${path}: delete it to have new ones.`), stderr);
});

t.test('commands are due as fast as asked, and no pause is longer than two seconds', async (t) => {
  const plan = await planDay(EXCERPT);
  const due = dueTimes(plan, 60);
  t.equal(due.length, plan.length);
  const firstMs = plan.timeAt(0);
  const inOneMinute = due.findIndex((_, index) => plan.timeAt(index) - firstMs > 60_000);
  t.ok(inOneMinute > 0);
  t.ok((due[inOneMinute - 1] ?? 0) <= 1_000, 'a minute of the day takes a second');
  const pauses = [...due].map((at, index) => at - (due[index - 1] ?? 0));
  t.equal(Math.max(...pauses), 2_000, 'from 09:25 to 09:30 nothing happened');
  t.equal(Math.min(...pauses), 0);
  t.equal(timeOfDay(firstMs), '09:15:00');
  t.equal(timeOfDay(((23 * 60 + 59) * 60 + 59) * 1000 + 999), '23:59:59');
});
