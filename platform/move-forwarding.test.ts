/**
 * Money between shards: what the boards show decides what is sent; what does not show is sent again, and nothing is done
 * twice. Two live shards in a model of the platform that loses, repeats and delays; then real processes and SIGKILL.
 */

import { join } from 'node:path';
import t from 'tap';
import { moneyMoveWords, moveOutWords } from '../client/commands.js';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { Engine } from '../engine/engine.js';
import { TransitBoard } from '../engine/ledger/transit-board.js';
import { limitsFrom } from '../engine/limits.js';
import { Dice } from '../proof/dice.js';
import { Model } from '../proof/model/model.js';
import { readEvent } from '../proof/model/plain-records.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { encodeAccountTerms, encodeAssetTerms } from '../schemas/admin.js';
import { CommandKind, EventKind } from '../schemas/codes.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  EVENT_WORDS,
} from '../schemas/layout.js';
import { MoveForwarding } from './move-forwarding.js';
import { commandWords, withParts } from './own-commands.js';

const ACCOUNTS = 3;
const ASSETS = 2;
const LIMITS = limitsFrom({
  maxOrders: 100,
  maxStops: 100,
  maxSpecialOrders: 100,
  maxLevels: 100,
  maxInstruments: 4,
  maxAccounts: 10,
  maxKeys: 10,
  maxLanes: 10,
  maxPurses: 3,
  maxHoldings: 8,
});

function moveIn(number: number, account: number, asset: number, amount: number, from: number): Int32Array {
  const words = moneyMoveWords(CommandKind.MoveOut, account, asset, amount, from);
  words[COMMAND_KIND_WORD] = CommandKind.MoveIn;
  words[COMMAND_CLIENT_ORDER_ID] = number;
  return words;
}

function firstWords(): Int32Array[] {
  const records = [
    ...Array.from({ length: ACCOUNTS }, (_, at) =>
      withParts(commandWords(CommandKind.AddAccount, 0, 0), encodeAccountTerms({ name: `account ${at}` })),
    ),
    ...Array.from({ length: ASSETS }, (_, at) =>
      withParts(commandWords(CommandKind.AddAsset, 0, 0), encodeAssetTerms({ name: `A${at}`, decimals: 0 })),
    ),
  ];
  for (const [at, words] of records.entries()) words[COMMAND_QUANTITY] = at + 1;
  const open = commandWords(CommandKind.SessionOpen, 1, 1);
  open[COMMAND_CLIENT_ORDER_ID + 1] = 1 << 16;
  return [...records, open];
}

function engineOf(shard: number): Engine {
  const engine = new Engine(LIMITS, shard, 2);
  engine.attach(new Int32Array(LIMITS.maxEventsPerCommand * EVENT_WORDS));
  for (const words of firstWords()) {
    if (shard === 0) words[COMMAND_QUANTITY] = 0;
    engine.apply(words, 0, 0);
  }
  return engine;
}

function apply(engine: Engine, words: Int32Array, counter: number): number {
  words[COMMAND_SESSION] = 1;
  words[COMMAND_CLIENT_ORDER_ID] = counter;
  words[COMMAND_CLIENT_ORDER_ID + 1] = 1 << 16;
  return engine.apply(words, 0, 0);
}

/** Two engines with their models, the platform between them, and rings that lose, repeat and hold back. */
class LivePair {
  readonly engines = [engineOf(0), engineOf(1)];
  readonly models = [0, 1].map((shard) => {
    const model = new Model(LIMITS, shard, 2);
    for (const words of firstWords()) {
      if (shard === 0) words[COMMAND_QUANTITY] = 0;
      model.apply(words, 0);
    }
    return model;
  });
  readonly boards = [0, 1].map(() => new TransitBoard(TransitBoard.create()));
  readonly dice: Dice;
  readonly held: { readonly shard: number; readonly words: Int32Array }[] = [];
  readonly forwarding: MoveForwarding;
  deposited = 0;
  ended = 0;
  returned = 0;
  wrong = '';
  private counter = 0;
  private nowMs = 0;
  private loses = true;

  constructor(seed: number) {
    this.dice = new Dice(seed);
    const channels = [0, 1].map((shard) => ({ tryPublish: (words: Int32Array) => this.take(shard, words) }));
    this.forwarding = new MoveForwarding(this.boards, channels, { warn: () => undefined } as never, () => this.nowMs);
  }

  play(steps: number): void {
    const { dice } = this;
    for (let step = 0; step < steps && this.wrong === ''; step++) {
      const shard = dice.below(2);
      const account = dice.between(0, ACCOUNTS);
      const asset = dice.between(1, ASSETS);
      const choice = dice.below(10);
      if (choice < 2) this.deposit(shard, account, asset, dice.between(1, 50));
      else if (choice < 6) this.send(shard, moveOutWords(account, asset, dice.between(1, 20), shard, 1 - shard));
      else this.bring();
    }
  }

  /** Nothing is lost any more: all arrives. */
  settle(): void {
    this.loses = false;
    for (let look = 0; look < 3000 && this.engines.some(({ transit }) => transit.count > 0); look++) this.bring();
    for (const { transit } of this.engines) if (transit.count > 0) this.wrong ||= 'moves never end';
    let total = 0;
    for (const engine of this.engines) {
      for (let account = 0; account <= ACCOUNTS; account++) {
        for (let asset = 1; asset <= ASSETS; asset++) total += engine.readPurse(account, asset)?.available ?? 0;
      }
    }
    if (total !== this.deposited) this.wrong ||= `${total} of ${this.deposited} are there`;
  }

  private deposit(shard: number, account: number, asset: number, amount: number): void {
    if (this.send(shard, moneyMoveWords(CommandKind.Deposit, account, asset, amount, shard)) === EventKind.Deposited) {
      this.deposited += amount;
    }
  }

  private send(shard: number, words: Int32Array): number {
    this.counter++;
    words[COMMAND_SESSION] = 1;
    words[COMMAND_CLIENT_ORDER_ID] = this.counter;
    words[COMMAND_CLIENT_ORDER_ID + 1] = 1 << 16;
    return this.applyBoth(shard, words);
  }

  /** The platform looks, and a command that a ring held back comes out of it, perhaps once more. */
  private bring(): void {
    this.nowMs += 400;
    for (const [shard, board] of this.boards.entries()) {
      const engine = this.engines[shard];
      if (engine !== undefined && (!this.loses || this.dice.chance(0.7))) board.publish(engine.transit);
    }
    this.forwarding.look();
    const at = this.dice.below(Math.max(1, this.held.length));
    const held = this.held[at];
    if (held === undefined) return;
    if (!this.dice.chance(0.2)) this.held.splice(at, 1);
    this.applyBoth(held.shard, held.words.slice());
  }

  private take(shard: number, words: Int32Array): boolean {
    const { dice } = this;
    if (this.loses && dice.chance(0.2)) return false;
    if (!this.loses || dice.chance(0.8)) this.held.push({ shard, words: words.slice() });
    return true;
  }

  private applyBoth(shard: number, words: Int32Array): number {
    const engine = this.engines[shard] as Engine;
    const model = this.models[shard] as Model;
    const count = engine.apply(words, 0, 0);
    const expected = model.apply(words, 0);
    if (expected.length !== count) this.wrong ||= `${count} events, not ${expected.length}`;
    for (const [index, event] of expected.entries()) {
      const came = readEvent(engine.state.events, index * EVENT_WORDS);
      if (JSON.stringify(came, text) !== JSON.stringify(event, text))
        this.wrong ||= JSON.stringify([came, event], text);
      if (event.kind === EventKind.MoveEnded) {
        this.ended++;
        if (event.reason !== 0) this.returned++;
      }
    }
    engine.validate();
    model.checkMoney();
    this.compareCounts();
    return expected[0]?.kind ?? 0;
  }

  /** Of each pair the one has received at most what the other has sent. */
  private compareCounts(): void {
    for (const [from, { transit }] of this.engines.entries()) {
      const to = 1 - from;
      const received = this.engines[to]?.transit.received[from] ?? 0;
      if (received > (transit.sent[to] ?? 0)) this.wrong ||= `${received} came, ${transit.sent[to]} left`;
    }
  }
}

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

t.test('rule 6.25: two shards between which money goes back and forth have all of it, each move once', async (t) => {
  let ended = 0;
  let returned = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const pair = new LivePair(seed);
    pair.play(400);
    pair.settle();
    ended += pair.ended;
    returned += pair.returned;
    t.equal(pair.wrong, '', `seed ${seed}`);
  }
  t.ok(ended > 1000 && returned > 100, `${ended} moves ended, ${returned} came back`);
});

t.test('what does not show is sent again after a while, and a move that never arrives is told once', async (t) => {
  const boards = [0, 1].map(() => TransitBoard.create());
  const engine = engineOf(0);
  apply(engine, moneyMoveWords(CommandKind.Deposit, 1, 1, 100, 0), 1);
  apply(engine, moveOutWords(1, 1, 7, 0, 1), 2);
  new TransitBoard(boards[0] as SharedArrayBuffer).publish(engine.transit);
  const sent: Int32Array[] = [];
  const warned: unknown[] = [];
  let room = false;
  let nowMs = 0;
  const channels = [0, 1].map(() => ({
    tryPublish: (words: Int32Array) => {
      if (room) sent.push(words.slice());
      return room;
    },
  }));
  const forwarding = new MoveForwarding(
    boards.map((memory) => new TransitBoard(memory)),
    channels,
    { warn: (fields: unknown) => warned.push(fields) } as never,
    () => nowMs,
  );
  forwarding.look();
  room = true;
  forwarding.look();
  nowMs = 999;
  forwarding.look();
  t.equal(sent.length, 1, 'a full ring is asked again at once, one that took it is not');
  t.match([...(sent[0] ?? [])], [...moveIn(1, 1, 1, 7, 0)]);
  nowMs = 1001;
  forwarding.look();
  t.equal(sent.length, 2);
  for (nowMs = 2000; nowMs < 30_000; nowMs += 500) forwarding.look();
  t.same(warned, [{ from: 0, to: 1, number: 1 }]);
});

t.test('rule 6.24: after SIGKILL at any time money is in both shards as if nothing had been', async (t) => {
  const data = join(t.testdir(), 'data');
  const flags = ['--shards', '2', '--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100'];
  const dice = new Dice(7);
  let platform = await PlatformProcess.start({ data, flags });
  t.teardown(() => platform.kill());
  const connect = () => TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
  let client = await connect();
  const eur = await client.addAsset({ name: 'EUR', decimals: 2 });
  await client.deposit({ account: 1, asset: eur, amount: 1_000_000, shard: 0 });
  let [answered, asked] = [0, 0];
  for (let round = 1; round <= 6; round++) {
    const moves = Array.from({ length: 40 }, (_, at) =>
      client
        .move({ account: 1, asset: eur, amount: 1 + at, from: at % 4 === 3 ? 1 : 0, to: at % 4 === 3 ? 0 : 1 })
        .then(
          (report) => (report.kind === 'MovedOut' ? 1 : 0),
          () => 0,
        ),
    );
    asked += moves.length;
    await Promise.race([Promise.all(moves), new Promise((resolve) => setTimeout(resolve, dice.below(60)))]);
    await platform.kill();
    client.close();
    answered += (await Promise.all(moves)).reduce<number>((sum, one) => sum + one, 0);
    platform = await PlatformProcess.start({ data, flags });
    client = await connect();
    let total = 0;
    for (let look = 0; total !== 1_000_000 && look < 200; look++) {
      total = (await client.balance(eur)).reduce((sum, { available }) => sum + available, 0);
      if (total !== 1_000_000) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    t.equal(total, 1_000_000, `round ${round}`);
  }
  t.ok(answered > 0 && answered <= asked, `${answered} of ${asked} were answered`);
  client.close();
});
