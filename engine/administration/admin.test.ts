/** Admin records: what they make, what they refuse, how other shards follow, what the log holds. */
import t from 'tap';
import {
  encodeAccountTerms,
  encodeInstrumentTerms,
  encodeKeyTerms,
  type InstrumentTermsFields,
} from '../../schemas/admin.js';
import { CommandKind, Phase } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_INSTRUMENT,
  COMMAND_QUANTITY,
  COMMAND_WORDS,
  EVENT_INSTRUMENT,
  EVENT_LEAVES,
  EVENT_QUANTITY,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { AdminLog } from '../admin-log.js';
import { SIDE_BYTES } from '../book/side-words.js';
import { Engine } from '../engine.js';
import { DEFAULT_LIMITS, limitsFrom } from '../limits.js';
import { commandWords, eventText, MadeEngine, SMALL_LIMITS } from '../made-engine.js';
import { REGISTRY_BYTES_PER_INSTRUMENT } from '../registry-words.js';

const TERMS: InstrumentTermsFields = {
  symbol: 'ABC',
  shard: 0xffff,
  priceMin: 1,
  priceMax: 1000,
  quantityMax: 1000,
  unit: 1,
  referencePrice: null,
  priceDecimals: 2,
  quantityDecimals: 0,
  baseAsset: 0,
  quoteAsset: 0,
  baseUnit: 1,
  feeCap: 0,
  staticBand: 0,
  auctionSelfTrade: false,
  dynamicBand: 0,
  bandAuction: false,
  ticks: [],
};

const KEY = { publicKey: new Uint8Array(32).fill(7), rights: 3, label: 'key' };

t.test(
  'rule 8.3, 8.7, 8.10: instruments, accounts and keys are numbered in order, and a key is revoked once',
  async (t) => {
    const made = new MadeEngine({}, Phase.Continuous, 1, 3);
    t.same(made.admin(CommandKind.AddInstrument, encodeInstrumentTerms(TERMS)), ['InstrumentAdded #0 quantity 1 end']);
    t.equal(made.word(0, EVENT_INSTRUMENT), 2);
    t.equal(made.word(0, EVENT_QUANTITY), 1, 'its shard: by number');
    made.admin(CommandKind.AddInstrument, encodeInstrumentTerms({ ...TERMS, symbol: 'DEF', shard: 2 }));
    t.same([made.word(0, EVENT_INSTRUMENT), made.word(0, EVENT_QUANTITY)], [3, 2]);
    t.same(made.admin(CommandKind.AddAccount, encodeAccountTerms({ name: 'x' })), ['AccountAdded #0 leaves 3 end']);
    t.same(made.admin(CommandKind.AddKey, encodeKeyTerms(KEY), { account: 3 }), [
      'KeyAdded #0 quantity 1 leaves 3 end',
    ]);
    t.equal(made.word(0, EVENT_LEAVES), 3);
    const revoke = commandWords(CommandKind.RevokeKey, { session: 0, lane: 0, instrument: 0, target: [1, 0] }, 0);
    t.same(made.apply(revoke), ['KeyRevoked #0 quantity 1 leaves 3 end']);
    t.same(made.apply(revoke), ['Rejected #0 KeyRevoked end']);
  },
);

t.test('a session sends admin records under ids of its lane', async (t) => {
  const made = new MadeEngine();
  const parts = encodeAccountTerms({ name: 'x' });
  const head = commandWords(CommandKind.AddAccount, { instrument: 0 }, 4);
  const words = new Int32Array([...head, ...parts]);
  for (let at = COMMAND_WORDS; at < words.length; at += COMMAND_WORDS) words.set(head.subarray(0, 2), at);
  t.same(made.apply(words), ['AccountAdded #4 leaves 3 related 4 end']);
  t.same(made.apply(words), ['AccountAdded #4 leaves 3 related 4 duplicate end']);
  t.equal(made.engine.state.registry.accountCount, 3);
});

t.test('rule 8.5, 8.6, 8.7: terms that cannot be are refused by name', async (t) => {
  const cases: [Partial<InstrumentTermsFields>, string][] = [
    [{ symbol: 'I-1' }, 'AlreadyExists'],
    [{ symbol: 'a b' }, 'TermsOutOfRange'],
    [{ symbol: '' }, 'TermsOutOfRange'],
    [{ shard: 1 }, 'TermsOutOfRange'],
    [{ priceMin: 5, priceMax: 4 }, 'TermsOutOfRange'],
    [{ quantityMax: 0 }, 'TermsOutOfRange'],
    [{ unit: 0 }, 'TermsOutOfRange'],
    [{ referencePrice: 0 }, 'TermsOutOfRange'],
    [{ priceMax: 2 ** 31 - 1, quantityMax: 2 ** 19 }, ''],
    [{ symbol: 'B', priceMax: 2 ** 31 - 1, quantityMax: 2 ** 19 + 1 }, 'TermsOutOfRange'],
    [{ symbol: 'C', priceMin: -(2 ** 30), priceMax: 0, quantityMax: 2 ** 20 + 1 }, 'TermsOutOfRange'],
  ];
  const made = new MadeEngine();
  for (const [change, reason] of cases) {
    const said = made.admin(CommandKind.AddInstrument, encodeInstrumentTerms({ ...TERMS, ...change }));
    t.match(said[0], reason === '' ? /^InstrumentAdded/ : new RegExp(`^Rejected #0 ${reason} end`));
  }
  t.match(made.admin(CommandKind.AddKey, encodeKeyTerms(KEY), { account: 9 })[0], /UnknownAccount/);
  t.match(
    made.admin(CommandKind.AddKey, encodeKeyTerms({ ...KEY, publicKey: new Uint8Array(31) }), { account: 1 })[0],
    /TermsOutOfRange/,
  );
  const unknown = commandWords(CommandKind.RevokeKey, { session: 0, lane: 0, instrument: 0, target: [1, 0] }, 0);
  t.same(made.apply(unknown), ['Rejected #0 UnknownKey end']);
});

t.test('rule 8.8: full tables are reject codes', async (t) => {
  const made = new MadeEngine({ maxInstruments: 1, maxAccounts: 2, maxKeys: 1 });
  t.same(made.admin(CommandKind.AddInstrument, encodeInstrumentTerms(TERMS)), [
    'Rejected #0 amount 1 InstrumentsFull end',
  ]);
  t.same(made.admin(CommandKind.AddAccount, encodeAccountTerms({ name: 'x' })), [
    'Rejected #0 amount 2 AccountsFull end',
  ]);
  made.admin(CommandKind.AddKey, encodeKeyTerms(KEY), { account: 1 });
  t.same(made.admin(CommandKind.AddKey, encodeKeyTerms(KEY), { account: 1 }), ['Rejected #0 amount 1 KeysFull end']);
  const bytes = 64 * 33;
  const log = new MadeEngine({ adminLogBytes: bytes, maxAccounts: 1000, maxInstruments: 1 });
  let said = '';
  for (let turn = 0; turn < 100 && !said.startsWith('Rejected'); turn++) {
    said = log.admin(CommandKind.AddAccount, encodeAccountTerms({ name: 'x' }))[0] ?? '';
  }
  t.equal(said, `Rejected #0 amount ${bytes} AdminLogFull end`);
});

t.test('rule 1.6: Parts belong to their head whatever becomes of it, and a wrong one is refused', async (t) => {
  const made = new MadeEngine();
  const parts = encodeAccountTerms({ name: 'x'.repeat(60) });
  t.ok(parts.length / COMMAND_WORDS >= 2);
  const count = parts.length / COMMAND_WORDS;
  const before = made.engine.commandSequence;
  t.match(made.admin(CommandKind.AddAccount, parts, { session: 55 })[0], /StaleIncarnation/);
  t.equal(made.engine.commandSequence, before + 1 + count);
  t.match(made.admin(CommandKind.AddAccount, parts.subarray(0, COMMAND_WORDS))[0], /BadParts/);
  t.match(made.admin(CommandKind.AddAccount, parts.subarray(COMMAND_WORDS))[0], /BadParts/);
  const broken = parts.slice();
  broken[4] = 0x7fffffff;
  t.match(made.admin(CommandKind.AddAccount, broken)[0], /BadPayload/);
  t.equal(made.engine.state.registry.accountCount, 2);
});

t.test('only as many records as are there are looked at', async (t) => {
  const made = new MadeEngine();
  const parts = encodeAccountTerms({ name: 'x' });
  const head = commandWords(CommandKind.AddAccount, { session: 0, lane: 0, instrument: 0 }, 0);
  const words = new Int32Array([...head, ...parts]);
  const before = made.engine.commandSequence;
  made.engine.apply(words, 0, 0, COMMAND_WORDS);
  t.match(eventText(made.events, 0), /BadParts/);
  t.equal(made.engine.commandSequence, before + 1);
});

t.test(
  'rule 8.1, 8.2: the log holds what shard 0 applied, numbered, and other shards follow it to the same registry',
  async (t) => {
    const limits = limitsFrom(SMALL_LIMITS);
    const memory = AdminLog.create(limits);
    const first = new Engine(limits, 0, 2, memory);
    const second = new Engine(limits, 1, 2);
    const events = new Int32Array(limits.maxEventsPerCommand * EVENT_WORDS);
    first.attach(events);
    second.attach(events);
    const records = [encodeAccountTerms({ name: 'x' }), encodeInstrumentTerms(TERMS), encodeKeyTerms(KEY)];
    for (const [index, parts] of records.entries()) {
      const kind = [CommandKind.AddAccount, CommandKind.AddInstrument, CommandKind.AddKey][index] as CommandKind;
      const head = commandWords(kind, { session: 0, lane: 0, instrument: 0 }, 0);
      head[COMMAND_ACCOUNT] = kind === CommandKind.AddKey ? 1 : 0;
      t.equal(first.apply(new Int32Array([...head, ...parts]), 0, 0), 1);
    }
    const log = new AdminLog(memory);
    t.equal(log.published(), 0, 'nothing is published before it is durable');
    first.adminLog?.publish();
    t.equal(log.published(), 3 + records.reduce((sum, parts) => sum + parts.length / COMMAND_WORDS, 0));
    const words = log.words.slice(log.wordOf(0), log.wordOf(log.published()));
    t.equal(words[COMMAND_QUANTITY], 1);
    for (let at = 0; at < words.length; ) {
      const before = second.commandSequence;
      second.apply(words, at, 0);
      t.notMatch(eventText(events, 0), /^Rejected/);
      at += (second.commandSequence - before) * COMMAND_WORDS;
    }
    t.equal(second.adminNumber, 3);
    t.same(second.state.registry.instruments, first.state.registry.instruments);
    second.apply(words, 0, 0);
    t.match(eventText(events, 0), /AlreadyExists/, 'a record comes once');
    words[COMMAND_QUANTITY] = 5;
    second.apply(words, 0, 0);
    t.match(eventText(events, 0), /NotReady/, 'and none is left out');
    const own = commandWords(CommandKind.AddAccount, { session: 1, instrument: 0 }, 1);
    second.apply(new Int32Array([...own, ...encodeAccountTerms({ name: 'x' })]), 0, 0);
    t.match(eventText(events, 0), /^Rejected/, 'a session adds nothing here');
    second.validate();
    t.equal(words[COMMAND_INSTRUMENT], 0);
  },
);

t.test(
  'rule 7.1, 8.5: with more orders than 2^21 an instrument allows so much only that all in sum are exact',
  async (t) => {
    const made = new MadeEngine({ maxOrders: 2 ** 22 });
    const terms = { ...TERMS, priceMin: 1, priceMax: 1 };
    const add = (symbol: string, quantityMax: number): string | undefined =>
      made.admin(CommandKind.AddInstrument, encodeInstrumentTerms({ ...terms, symbol, quantityMax }))[0];
    t.match(add('M-1', 2 ** 31), /^Rejected #0 TermsOutOfRange end/);
    t.match(add('M-2', 2 ** 31 - 1), /^InstrumentAdded/);
    t.match(
      new MadeEngine().admin(
        CommandKind.AddInstrument,
        encodeInstrumentTerms({ ...terms, symbol: 'M-3', quantityMax: 0xffffffff }),
      )[0],
      /^InstrumentAdded/,
    );
  },
);

t.test('rule 8.4: shape, sender, terms, whether it exists, and room are looked at in this order', async (t) => {
  const made = new MadeEngine({ maxInstruments: 1, maxAccounts: 100, adminLogBytes: 64 * 33 });
  const full = 'x';
  for (let turn = 0; turn < 33; turn++) made.admin(CommandKind.AddAccount, encodeAccountTerms({ name: full }));
  const terms = { ...TERMS, symbol: 'I-1', shard: 1 };
  const bad = encodeInstrumentTerms(terms);
  bad[4] = 0x7fffffff;
  const cases: [Int32Array, number, string][] = [
    [bad, 55, 'BadPayload'],
    [encodeInstrumentTerms(terms), 55, 'StaleIncarnation'],
    [encodeInstrumentTerms(terms), 0, 'TermsOutOfRange'],
    [encodeInstrumentTerms({ ...terms, shard: 0 }), 0, 'AlreadyExists'],
    [encodeInstrumentTerms({ ...terms, shard: 0, symbol: 'I-2' }), 0, 'InstrumentsFull'],
  ];
  for (const [parts, session, reason] of cases) {
    t.match(made.admin(CommandKind.AddInstrument, parts, { session })[0], new RegExp(reason), reason);
  }
  t.match(made.admin(CommandKind.AddAccount, encodeAccountTerms({ name: full }))[0], /AdminLogFull/, 'last');
});

t.test('rule 8.9: a refused record takes no number', async (t) => {
  const made = new MadeEngine();
  const before = made.engine.adminNumber;
  made.admin(CommandKind.AddInstrument, encodeInstrumentTerms({ ...TERMS, symbol: 'I-1' }));
  made.admin(CommandKind.AddKey, encodeKeyTerms(KEY), { account: 9 });
  t.equal(made.engine.adminNumber, before);
  made.admin(CommandKind.AddKey, encodeKeyTerms(KEY), { account: 1 });
  t.equal(made.engine.adminNumber, before + 1);
});

t.test('an idle instrument costs at most 2 KB, its admin record included', async (t) => {
  const record = COMMAND_WORDS * 4 + encodeInstrumentTerms({ ...TERMS, symbol: 'S'.repeat(32) }).length * 4;
  const bytes = REGISTRY_BYTES_PER_INSTRUMENT + 2 * SIDE_BYTES + record;
  t.ok(bytes <= 2048, `${bytes} bytes`);
  t.ok(DEFAULT_LIMITS.adminLogBytes >= record * DEFAULT_LIMITS.maxInstruments, 'the log has room for all of them');
});

t.test('a hundred thousand instruments fit, and each has its own book', async (t) => {
  const count = 100_000;
  const engine = new Engine(limitsFrom({ maxLanes: 4, maxOrders: 1024, maxLevels: 1024 }), 0, 1);
  const events = new Int32Array(4096 * EVENT_WORDS);
  engine.attach(events);
  const addAccount = new Int32Array([
    ...commandWords(CommandKind.AddAccount, { session: 0, lane: 0, instrument: 0 }, 0),
    ...encodeAccountTerms({ name: 'x' }),
  ]);
  addAccount[COMMAND_ACCOUNT] = 0;
  engine.apply(addAccount, 0, 0);
  const head = commandWords(CommandKind.AddInstrument, { session: 0, lane: 0, instrument: 0 }, 0);
  head[COMMAND_ACCOUNT] = 0;
  let refused = 0;
  for (let index = 0; index < count; index++) {
    const parts = encodeInstrumentTerms({ ...TERMS, symbol: `SYMBOL-${index}` });
    const words = new Int32Array(head.length + parts.length);
    words.set(head);
    words.set(parts, head.length);
    engine.apply(words, 0, 0);
    if (eventText(events, 0).startsWith('Rejected')) refused++;
  }
  t.equal(refused, 0);
  engine.apply(commandWords(CommandKind.SessionOpen, { instrument: 0 }, 0), 0, 0);
  for (const instrument of [1, 50_000, count]) {
    engine.apply(commandWords(CommandKind.SetPhase, { instrument, type: Phase.Continuous }, 0), 0, 0);
    engine.apply(commandWords(CommandKind.New, { instrument, price: 7, quantity: 1 }, 0), 0, 0);
    t.match(eventText(events, EVENT_WORDS), /^Booked/);
  }
  engine.apply(commandWords(CommandKind.New, { instrument: 2, price: 7, quantity: 1 }, 0), 0, 0);
  t.match(eventText(events, 0), /NotInThisPhase/, 'a new instrument is closed');
});
