/**
 * An engine that throws, in a platform of real threads: the shard is there again beside gateways that live, and a command that
 * makes it throw twice is refused and put aside. The bug is planted from outside (proof/poison).
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { answerChallenge, orderFrame, pairFrame, reportsOf, tokenOf } from '../client/http.js';
import { type AnyReport, readKeyFile, TredyeClient } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { judgeJournal } from '../proof/poison/judge-journal.js';
import { tredye } from './cli/cli-process.js';
import { verifyVenue } from './cli/journal/check.js';
import { openLocalVenue } from './cli/journal/local-venue.js';
import { limitsOfStart } from './configuration.js';
import { journalDirectory } from './data-directory.js';
import { EXIT_CLEAN, EXIT_WORKER_DIED } from './exit-codes.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '20000', '--max-instruments', '16', '--max-accounts', '16'];
const FLAGS = [...SMALL, '--max-lanes', '128', '--max-keys', '16', '--shards', '2', '--gateways', '2'];
const BUG = new URL('../proof/poison/poison-main.js', import.meta.url).href;
const POISON = 666;
const HTTP_LANE = 100;
const SYMBOLS = ['ACME', 'BOLT'] as const;
/** Of each client, in waves. */
const WAVES = 12;
const WAVE = 40;
/** The one in which the first client sends the poison. */
const POISONED_WAVE = 4;

interface Poisoned {
  readonly platform: PlatformProcess;
  readonly operator: TredyeClient;
  readonly data: string;
}

async function start(t: Test, environment: Record<string, string> = {}): Promise<Poisoned> {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({
    data,
    flags: [...FLAGS, '--snapshot-commands', '500'],
    nodeFlags: ['--import', BUG],
    environment: { POISON_QUANTITY: String(POISON), ...environment },
  });
  t.teardown(() => platform.kill());
  const operator = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
  for (const symbol of SYMBOLS) await open(operator, symbol);
  return { platform, operator, data };
}

async function open(operator: TredyeClient, symbol: string): Promise<void> {
  await operator.addInstrument({ symbol, priceMax: 1000, quantityMax: 1000 });
  await operator.setPhase({ symbol, phase: 'Continuous' });
}

async function metric(platform: PlatformProcess, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${platform.ready.port}/metrics`);
  const line = (await answer.text())
    .split('\n')
    .find((text) => text.startsWith(`${name} `) || text.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1));
}

/** Everything holds: records, events byte for byte, money, the state of snapshots; and the model agrees with every event. */
function judge(t: Test, data: string): void {
  const said: string[] = [];
  const shards = verifyVenue(data, (line) => void said.push(line));
  t.same(
    shards.flatMap(({ problems }) => problems),
    [],
    said.join('\n'),
  );
  const { shardCount, limits } = openLocalVenue(data);
  for (let shard = 0; shard < shardCount; shard++) {
    const engine = judgeJournal(journalDirectory(data, shard), limitsOfStart(new Map(), limits), shard, shardCount);
    t.equal(engine.commandSequence, shards[shard]?.commands);
  }
}

/** One that trades; what it was told of each of its orders. */
class Trader {
  readonly placed: string[] = [];
  readonly told: string[] = [];
  readonly trouble: string[] = [];

  private constructor(
    readonly client: TredyeClient,
    readonly number: number,
  ) {
    client.onReport((report) => {
      if (report.kind === 'Accepted' || report.kind === 'Rejected') {
        this.told.push(`${report.clientOrderId} ${report.kind}${report.duplicate ? ' again' : ''}`);
      }
    });
    client.onStateChange((state, why) => this.trouble.push(`${state}: ${why}`));
    client.onRolledBack(({ shard, sequence }) => this.trouble.push(`rolled back to ${sequence} of ${shard}`));
  }

  static async connect({ ready }: PlatformProcess, number: number): Promise<Trader> {
    const ackLevel = number % 2 === 0 ? 'Disk' : 'Matched';
    const client = await TredyeClient.connect(ready.url, readKeyFile(ready.adminKey), { lane: number + 2, ackLevel });
    return new Trader(client, number);
  }

  /** Orders in both shards, some of which trade with those of others. */
  async wave(wave: number): Promise<void> {
    const reports = await Promise.all(
      Array.from({ length: WAVE }, (_, order) =>
        this.client.place({
          symbol: SYMBOLS[(order + wave) % 2] ?? SYMBOLS[0],
          side: (order + this.number) % 3 === 0 ? 'Sell' : 'Buy',
          price: 100 + ((order * 7 + this.number) % 20),
          quantity: 1 + (order % 5),
        }),
      ),
    );
    for (const { kind, clientOrderId } of reports) this.placed.push(`${clientOrderId} ${kind}`);
  }

  /** Those of its own lane: a session hears of its account's others as well. */
  own(): string[] {
    const lane = BigInt(this.number + 2);
    return this.told.filter((line) => BigInt(line.split(' ')[0] ?? 0) >> 48n === lane).sort();
  }
}

/** Orders over HTTP, one after the other; what was said of each first. */
class HttpTrader {
  readonly answers: string[] = [];
  private counter = 0;

  private constructor(
    private readonly orders: string,
    private readonly headers: Record<string, string>,
  ) {}

  static async logOn({ ready }: PlatformProcess): Promise<HttpTrader> {
    const octets = { 'content-type': 'application/octet-stream' };
    const venue = `http://127.0.0.1:${ready.port}`;
    const challenge = await fetch(`${venue}/v1/logon`, { method: 'POST' });
    const { nonce, body } = await answerChallenge(challenge, readKeyFile(ready.adminKey), HTTP_LANE);
    const headers = { ...octets, 'tredye-nonce': nonce };
    const token = await tokenOf(await fetch(`${venue}/v1/logon`, { method: 'POST', headers, body }));
    return new HttpTrader(`${venue}/v1/orders`, { ...octets, authorization: `Bearer ${token}` });
  }

  async place(): Promise<void> {
    this.counter++;
    const body = orderFrame(1, { side: 'Buy', price: 90, quantity: 1 }, HTTP_LANE, this.counter);
    const [first] = await this.post(body);
    this.answers.push(`${(first?.clientOrderId ?? 0n) & 0xffff_ffffn} ${first?.kind}`);
  }

  /** A pair whose first leg is the poison. */
  async placePoison(): Promise<AnyReport[]> {
    const limit = { side: 'Sell', price: 900, quantity: POISON } as const;
    const stop = { side: 'Sell', type: 'Stop', triggerPrice: 2, quantity: 1 } as const;
    this.counter += 2;
    return this.post(pairFrame(1, limit, stop, HTTP_LANE, this.counter - 1));
  }

  get expected(): string[] {
    return this.answers.map((_, at) => `${at + 1} Accepted`);
  }

  private async post(body: Uint8Array): Promise<AnyReport[]> {
    return reportsOf(await fetch(this.orders, { method: 'POST', headers: this.headers, body }));
  }
}

/** So many that both gateways have some. */
async function traders(platform: PlatformProcess): Promise<Trader[]> {
  const all: Trader[] = [];
  const both = [0, 1].map((gateway) => `tredye_sessions{gateway="${gateway}"}`);
  for (;;) {
    all.push(await Trader.connect(platform, all.length));
    const counts = await Promise.all(both.map((name) => metric(platform, name)));
    if (all.length >= 6 && counts.every((count) => count >= 2)) return all;
  }
}

t.test(
  'a command that makes the engine throw twice is refused and put aside, and all others are answered once',
  async (t) => {
    const { platform, operator, data } = await start(t);
    const all = await traders(platform);
    const [first] = all;
    if (first === undefined) throw new Error('nobody trades');
    const http = await HttpTrader.logOn(platform);
    let poisoned: Promise<string> | null = null;
    let trading = true;
    const overHttp = (async () => {
      while (trading) await http.place();
    })();
    await Promise.all(
      all.map(async (trader) => {
        for (let wave = 0; wave < WAVES; wave++) {
          if (trader === first && wave === POISONED_WAVE) {
            const sent = first.client.place({ symbol: 'ACME', side: 'Buy', price: 110, quantity: POISON });
            poisoned = sent.then((report) => {
              first.placed.push(`${report.clientOrderId} ${report.kind}`);
              return report.kind === 'Rejected' ? report.reason : report.kind;
            });
          }
          await trader.wave(wave);
        }
      }),
    );
    t.equal(await poisoned, 'PutAside');
    trading = false;
    await overHttp;
    t.same(http.answers, http.expected, 'each order over HTTP was answered by what became of it');
    t.ok(http.answers.length > 1);
    t.match(await http.placePoison(), [{ reason: 'PutAside' }, { reason: 'PutAside' }]);
    // Records of the venue go on in the log that gateways and the other shard read.
    await open(operator, 'COLT');
    await open(operator, 'DUNE');
    t.match(await operator.place({ symbol: 'COLT', side: 'Buy', price: 1, quantity: 1 }), {
      kind: 'Accepted',
      shard: 0,
    });
    t.match(await operator.place({ symbol: 'DUNE', side: 'Buy', price: 1, quantity: 1 }), {
      kind: 'Accepted',
      shard: 1,
    });
    t.equal(await metric(platform, 'tredye_shard_comebacks_total'), 4);
    t.equal(await metric(platform, 'tredye_commands_put_aside_total'), 2);
    for (const trader of all) {
      t.same(trader.own(), [...trader.placed].sort(), `trader ${trader.number} was told of each order once`);
      t.same(trader.trouble, [], 'its session stayed as it was, and nothing was taken back');
      t.equal(trader.placed.length, WAVES * WAVE + (trader === first ? 1 : 0));
    }
    await Promise.all([operator.close(), ...all.map(({ client }) => client.close())]);
    t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null }, platform.log());
    const listed = await tredye(['journal', 'aside', '--data', data]);
    t.match(listed.out, /^shard .*\n +0 +\d+ .* New +1 +TypeError: a planted bug.*\n +0 +\d+ .* New +2 +TypeError/);
    const directory = join(data, 'shard-0', 'aside');
    const files = readdirSync(directory).map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')));
    const [pair] = files.splice(
      files.findIndex(({ command }) => command.price === 900),
      1,
    );
    t.match(files, [
      {
        shard: 0,
        bytes: /^[0-9a-f]{128}$/,
        command: { kind: 'New', quantity: POISON, price: 110 },
        stack: /^TypeError: a planted bug in the engine\n/,
      },
    ]);
    t.match(pair, { shard: 0, bytes: /^[0-9a-f]{256}$/, command: { kind: 'New', quantity: POISON } });
    t.notOk(existsSync(join(data, 'shard-1', 'aside')));
    judge(t, data);
  },
);

t.test('an engine that throws once costs nobody anything', async (t) => {
  const { platform, operator, data } = await start(t, { POISON_ONCE: join(t.testdir(), 'thrown') });
  const report = await operator.place({ symbol: 'BOLT', side: 'Buy', price: 100, quantity: POISON });
  t.match(report, { kind: 'Accepted', shard: 1, epoch: 2 });
  t.match(await operator.place({ symbol: 'ACME', side: 'Buy', price: 100, quantity: 1 }), { shard: 0, epoch: 1 });
  t.equal(await metric(platform, 'tredye_shard_comebacks_total'), 1);
  t.equal(await metric(platform, 'tredye_commands_put_aside_total'), 0);
  await operator.close();
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null });
  judge(t, data);
});

t.test(
  'a throw in the write of the journal ends the process, and the next one has what was acknowledged',
  async (t) => {
    const { platform, operator, data } = await start(t, { POISON_WRITE: '1' });
    const report = await operator.place({ symbol: 'ACME', side: 'Buy', price: 100, quantity: 5 });
    const unwritten = operator.place({ symbol: 'ACME', side: 'Buy', price: 100, quantity: POISON });
    const settled = unwritten.catch((error: unknown) => error);
    t.same(await platform.exited, { code: EXIT_WORKER_DIED, signal: null });
    t.match(platform.log(), /Shard 0 found a bug of ours; start again and report this: a planted bug in the write/);
    const again = await PlatformProcess.start({ data, flags: FLAGS, port: platform.ready.port });
    t.match(await settled, { code: 'NEVER_HAPPENED' });
    t.match(await operator.cancel({ symbol: 'ACME', orderId: report.orderId }), { kind: 'Cancelled', quantity: 5 });
    await operator.close();
    t.same(await again.stop(), { code: EXIT_CLEAN, signal: null });
    judge(t, data);
  },
);

t.test('an engine that throws at what was put aside, too, ends the process', async (t) => {
  const { platform, operator, data } = await start(t, { POISON_MARKED: '1' });
  const report = await operator.place({ symbol: 'BOLT', side: 'Buy', price: 100, quantity: 5 });
  const unwritten = operator.place({ symbol: 'BOLT', side: 'Buy', price: 100, quantity: POISON });
  const settled = unwritten.catch((error: unknown) => error);
  t.same(await platform.exited, { code: EXIT_WORKER_DIED, signal: null });
  t.match(platform.log(), /Shard 1 found a bug of ours; start again and report this: again at command \d+: TypeError/);
  const again = await PlatformProcess.start({ data, flags: FLAGS, port: platform.ready.port });
  t.match(await settled, { code: 'NEVER_HAPPENED' });
  t.match(await operator.cancel({ symbol: 'BOLT', orderId: report.orderId }), { kind: 'Cancelled', quantity: 5 });
  await operator.close();
  t.same(await again.stop(), { code: EXIT_CLEAN, signal: null });
  judge(t, data);
});

t.test('a stop while a shard comes back is a clean one', async (t) => {
  const { platform, operator, data } = await start(t);
  const report = operator.place({ symbol: 'ACME', side: 'Buy', price: 100, quantity: POISON });
  const settled = report.catch((error: unknown) => error);
  while (!platform.log().includes('SHARD_THREW')) await new Promise((resolve) => setTimeout(resolve, 1));
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null }, platform.log());
  await operator.close();
  t.ok(await settled);
  judge(t, data);
});
