import t from 'tap';
import { RandomJournal } from '../../proof/shard/random-journal.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { CommandKind, EventKind } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_CLIENT_ORDER_ID,
  EVENT_COMMAND_SEQUENCE,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_ORDER_ID,
  EVENT_RELATED_ID,
  EVENT_SEQUENCE,
  EVENT_SESSION,
  EVENT_TIME_US,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { FLAG_LISTED, FREE, ORDER_ACCOUNT, ORDER_FLAGS, ORDER_LEVEL, ORDER_SHIFT } from '../book/order-words.js';
import type { Engine } from '../engine.js';
import { accountStateOf } from './account-state.js';

t.setTimeout(120_000);

const SEEDS = 80;
const COMMANDS = 120;
const LANE = 60_000;

/** Words of a record that are about the command that asked. */
const OF_THE_COMMAND = [
  EVENT_SEQUENCE,
  EVENT_COMMAND_SEQUENCE,
  EVENT_TIME_US,
  EVENT_SEQUENCE + 1,
  EVENT_COMMAND_SEQUENCE + 1,
  EVENT_TIME_US + 1,
  EVENT_ACCOUNT_SEQUENCE,
];

/** Asks an engine as a session of an account does. */
class Asker {
  readonly #events: Int32Array;
  readonly #incarnation: number;
  #counter = 0;

  constructor(
    readonly engine: Engine,
    readonly account: number,
  ) {
    this.#events = new Int32Array(EVENT_WORDS * 4096);
    engine.attach(this.#events);
    this.#incarnation = engine.highestIncarnation + 1;
    this.ask(CommandKind.SessionOpen, 0, [0, 0]);
  }

  /** The first event of the answer. */
  ask(kind: CommandKind, instrument: number, [low, high]: readonly [number, number]): Int32Array {
    const words = new Int32Array(COMMAND_WORDS);
    words[COMMAND_KIND_WORD] = kind;
    words[COMMAND_CLIENT_ORDER_ID] = kind === CommandKind.SessionOpen ? 0 : ++this.#counter;
    words[COMMAND_CLIENT_ORDER_ID + 1] = LANE << 16;
    words[COMMAND_ACCOUNT] = this.account;
    words[COMMAND_SESSION] = this.#incarnation;
    words[COMMAND_INSTRUMENT] = instrument;
    words[COMMAND_TARGET_ID] = low;
    words[COMMAND_TARGET_ID + 1] = high;
    this.engine.apply(words, 0, 0);
    return this.#events.slice(0, EVENT_WORDS);
  }
}

function kindOf(record: Int32Array): number {
  return (record[EVENT_KIND_WORD] as number) & 0xff;
}

function withoutCommand(record: Int32Array): Int32Array {
  const bare = record.slice();
  for (const word of OF_THE_COMMAND) bare[word] = 0;
  bare[EVENT_KIND_WORD] = (bare[EVENT_KIND_WORD] as number) & ~EVENT_END_OF_COMMAND_BIT;
  const isOrder = kindOf(record) === EventKind.OrderState;
  for (const word of isOrder
    ? [EVENT_RELATED_ID, EVENT_RELATED_ID + 1]
    : [EVENT_SESSION, EVENT_CLIENT_ORDER_ID, EVENT_CLIENT_ORDER_ID + 1]) {
    bare[word] = 0;
  }
  return bare;
}

t.test('what an account has is what the engine answers when it is asked for each part of it', async (t) => {
  const compared = new Map<number, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const journal = new RandomJournal(new SimulatedDisk(Math.random), seed, COMMANDS);
    journal.writeRest();
    journal.close();
    const { engine } = journal;
    const { orders, registry } = engine.state;
    const listed = new Map<number, number>();
    for (let at = 0; at < orders.length; at += 1 << ORDER_SHIFT) {
      const isListed = orders[at + ORDER_LEVEL] !== FREE && ((orders[at + ORDER_FLAGS] as number) & FLAG_LISTED) !== 0;
      const account = orders[at + ORDER_ACCOUNT] as number;
      if (isListed) listed.set(account, (listed.get(account) ?? 0) + 1);
    }
    for (let account = 1; registry.hasAccount(account); account++) {
      const state = accountStateOf(engine, account);
      t.equal(state.sequence, engine.eventSequence);
      const records = Array.from({ length: state.records.length / EVENT_WORDS }, (_, index) =>
        state.records.slice(index * EVENT_WORDS, (index + 1) * EVENT_WORDS),
      );
      const ofOrders = records.filter((record) => kindOf(record) === EventKind.OrderState);
      t.equal(ofOrders.length, listed.get(account) ?? 0, `seed ${seed}: all orders of account ${account}`);
      const asker = new Asker(engine, account);
      for (const record of records) {
        const about = record[EVENT_INSTRUMENT] as number;
        const isOrder = kindOf(record) === EventKind.OrderState;
        const isPosition = kindOf(record) === EventKind.PositionState;
        const id = [record[EVENT_ORDER_ID] as number, record[EVENT_ORDER_ID + 1] as number] as const;
        const answer = isOrder
          ? asker.ask(CommandKind.OrderStatus, about, id)
          : asker.ask(CommandKind.AccountStatus, isPosition ? about : 0, isPosition ? [0, 0] : [about, 0]);
        // Of an instrument with something in progress nothing is told.
        if (kindOf(answer) === EventKind.Rejected) continue;
        t.same(withoutCommand(answer), withoutCommand(record), `seed ${seed}, account ${account}`);
        compared.set(kindOf(record), (compared.get(kindOf(record)) ?? 0) + 1);
      }
    }
  }
  for (const kind of [EventKind.OrderState, EventKind.PositionState, EventKind.BalanceState]) {
    t.ok((compared.get(kind) ?? 0) > 10, `${compared.get(kind)} of ${EventKind[kind]}`);
  }
});

t.test('an account that is not known has nothing', async (t) => {
  const journal = new RandomJournal(new SimulatedDisk(Math.random), 1, 20);
  journal.writeRest();
  journal.close();
  const state = accountStateOf(journal.engine, 4_000_000_000);
  t.same([state.records.length, state.marks.length, state.accountSequence], [0, 0, 0]);
});
