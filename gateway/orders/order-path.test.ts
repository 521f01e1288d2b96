import t from 'tap';
import { encodeAccountTerms, encodeAssetTerms, setOperationId } from '../../schemas/admin.js';
import { CLOSE_CODES } from '../../schemas/close-codes.js';
import {
  CommandFlag,
  CommandKind,
  EventKind,
  OrderType,
  Phase,
  Reason,
  Right,
  Side,
  Trigger,
} from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_FLAGS_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TRIGGER_PRICE,
  COMMAND_WORDS,
  EVENT_ACCOUNT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_KIND_WORD,
  EVENT_SESSION,
  NO_PRICE,
} from '../../schemas/layout.js';
import { commandFrame, type FakeSocket, MadeVenue, madeCommand } from '../made-venue.js';

const LANE = 1;
/** Not one of ours, on the wire all the same. */
const UNKNOWN_KIND: number = 200;

function kinds(socket: FakeSocket): EventKind[] {
  return socket.events().map((event) => event[EVENT_KIND_WORD] & 0xff);
}

function newOrder(low: number, instrument: number, more = {}): Int32Array {
  return madeCommand(CommandKind.New, LANE, low, { instrument, price: 100, quantity: 10, ...more });
}

function setPhase(low: number, instrument: number, phase: Phase): Int32Array {
  return madeCommand(CommandKind.SetPhase, LANE, low, { instrument, type: phase });
}

/** A venue with one open instrument on each shard and a session that may do all. */
function open(directory: string, options: ConstructorParameters<typeof MadeVenue>[1] = {}) {
  const venue = new MadeVenue(directory, options);
  const key = venue.addKey(venue.addAccount());
  const instruments = venue.shards.map((_, shard) => venue.addInstrument(shard));
  const logged = venue.logOn(key, { lane: LANE });
  let low = 0;
  for (const instrument of instruments) {
    venue.gateway.message(logged.session, commandFrame(++low, setPhase(low, instrument, Phase.Continuous)), true);
  }
  venue.pump();
  const send = (number: number, ...records: Int32Array[]): void => {
    venue.gateway.message(logged.session, commandFrame(number, ...records), true);
  };
  return { venue, key, instruments, send, next: low + 1, ...logged };
}

t.test('a frame of commands is answered in order, with the sender written by the gateway', async (t) => {
  const { venue, instruments, send, socket, session, next } = open(t.testdir());
  const forged = newOrder(next, instruments[0]);
  forged[COMMAND_ACCOUNT] = 99;
  forged[COMMAND_SESSION] = 99;
  send(
    2,
    forged,
    newOrder(next + 1, instruments[0]),
    madeCommand(CommandKind.Cancel, LANE, next + 2, { instrument: 1 }),
  );
  venue.pump();
  t.same(socket.refusals(), []);
  t.same(kinds(socket).slice(1), [
    EventKind.Accepted,
    EventKind.Booked,
    EventKind.Accepted,
    EventKind.Booked,
    EventKind.Rejected,
  ]);
  for (const event of socket.events()) {
    t.equal(event[EVENT_ACCOUNT], 1);
    t.equal(event[EVENT_SESSION], session.incarnation);
  }
  t.equal(session.unanswered, 0);
  t.equal(socket.reports().at(-1)?.tokens, 256);
  t.equal(socket.reports().at(-1)?.gatewayInUs, venue.clock.nowUs());
  venue.end();
});

t.test('the legs of one-cancels-other are taken together, and a leg alone is refused', async (t) => {
  const { venue, instruments, send, socket, session, next } = open(t.testdir());
  const leg = (words: Int32Array, trigger = 0, triggerPrice = 0) => {
    words[COMMAND_FLAGS_WORD] = (CommandFlag.OneCancelsOther << 16) | (trigger << 8);
    words[COMMAND_TRIGGER_PRICE] = triggerPrice;
    return words;
  };
  const limit = (low: number) => leg(newOrder(low, instruments[0], { side: Side.Sell }));
  const stop = (low: number) =>
    leg(
      newOrder(low, instruments[0], { side: Side.Sell, type: OrderType.Stop, price: NO_PRICE }),
      Trigger.LastTrade,
      90,
    );
  send(2, limit(next), stop(next + 1), newOrder(next + 2, instruments[0]));
  venue.pump();
  t.same(socket.refusals(), []);
  t.same(kinds(socket).slice(1), [
    EventKind.Accepted,
    EventKind.Accepted,
    EventKind.Booked,
    EventKind.Accepted,
    EventKind.Fill,
    EventKind.Fill,
    EventKind.Cancelled,
  ]);
  t.equal(session.unanswered, 0);
  send(3, newOrder(next + 3, instruments[0]), limit(next + 4));
  send(4, limit(next + 3), newOrder(next + 4, instruments[0]));
  send(5, limit(next + 3), limit(next + 4));
  venue.pump();
  t.same(socket.refusals(), [Reason.BadParts, Reason.BadParts, Reason.BadParts]);
  venue.end();
});

t.test('a frame that is not allowed changes nothing and is refused by number, record and reason', async (t) => {
  const { venue, instruments, send, socket, session, next } = open(t.testdir());
  const good = newOrder(next, instruments[0]);
  const before = venue.shards[0].engine.commandSequence;
  const refused = (number: number, bad: Int32Array): unknown => {
    send(number, good, bad);
    const { index, reason, number: named } = socket.last('Refused') ?? {};
    return [named, index, reason];
  };
  t.same(refused(10, madeCommand(CommandKind.New, 2, 5, { instrument: 1, price: 5, quantity: 1 })), [
    10,
    1,
    Reason.WrongLane,
  ]);
  t.same(refused(11, newOrder(next + 1, 77)), [11, 1, Reason.UnknownInstrument]);
  t.same(refused(12, madeCommand(CommandKind.Cancel, LANE, next + 1)), [12, 1, Reason.UnknownInstrument]);
  t.same(refused(13, madeCommand(CommandKind.SessionOpen, LANE, 0)), [13, 1, Reason.BadKind]);
  t.same(refused(14, madeCommand(CommandKind.Continue, 0, 0)), [14, 1, Reason.BadKind]);
  t.same(refused(15, madeCommand(UNKNOWN_KIND, LANE, next + 1)), [15, 1, Reason.BadKind]);
  for (const kind of [CommandKind.MoveIn, CommandKind.MoveDone]) {
    t.same(
      refused(15, madeCommand(kind, LANE, next + 1)),
      [15, 1, Reason.BadKind],
      'rule 6.24: the platform alone sends it',
    );
  }
  t.same(refused(16, newOrder(next + 1, 1, { side: 2 })), [16, 1, Reason.BadSide]);
  t.same(refused(17, madeCommand(CommandKind.Cancel, LANE, next + 1, { instrument: 1, price: 3 })), [
    17,
    1,
    Reason.FieldNotZero,
  ]);
  t.same(refused(18, madeCommand(CommandKind.AddAccount, LANE, next + 1)), [18, 1, Reason.BadParts], 'no Parts');
  t.same(refused(19, madeCommand(CommandKind.Part, LANE, next + 1)), [19, 1, Reason.BadParts], 'no head');
  venue.pump();
  t.equal(venue.shards[0].engine.commandSequence, before, 'nothing of these frames was taken');
  t.equal(session.unanswered, 0);
  t.equal(socket.closedWith, 0);
  venue.end();
});

t.test('rule 8.11: a key does what its rights say and nothing else', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const account = venue.addAccount();
  const instrument = venue.addInstrument();
  const { socket, session } = venue.logOn(venue.addKey(account, Right.Read | Right.Trade), { lane: LANE });
  const parts = encodeAccountTerms({ name: 'x' });
  const admin = new Int32Array(COMMAND_WORDS + parts.length);
  admin.set(madeCommand(CommandKind.AddAccount, LANE, 3));
  admin.set(parts, COMMAND_WORDS);
  for (let at = 0; at < admin.length; at += COMMAND_WORDS) {
    admin[at] = 3;
    admin[at + 1] = LANE << 16;
  }
  for (const record of [setPhase(1, instrument, Phase.Continuous), admin]) {
    venue.gateway.message(session, commandFrame(1, record), true);
  }
  t.same(socket.refusals(), [Reason.NotAllowed, Reason.NotAllowed]);
  const operator = venue.logOn(venue.addKey(account), { lane: LANE });
  venue.gateway.message(operator.session, commandFrame(1, admin), true);
  venue.pump();
  t.same(kinds(operator.socket), [EventKind.AccountAdded], 'Parts and head are one command with one answer');
  t.equal(operator.session.unanswered, 0);
  const risk = venue.logOn(venue.addKey(account, Right.Read | Right.Risk), { lane: LANE });
  const kill = madeCommand(CommandKind.Kill, LANE, 4);
  kill[COMMAND_ACCOUNT] = account;
  kill[COMMAND_QUANTITY] = 1;
  for (const record of [setPhase(5, instrument, Phase.Halted), newOrder(6, instrument), kill]) {
    venue.gateway.message(risk.session, commandFrame(1, record), true);
  }
  venue.pump();
  t.same(risk.socket.refusals(), [Reason.NotAllowed, Reason.NotAllowed]);
  t.match(kinds(risk.socket), [EventKind.KillChanged], 'risk stops an account, and does nothing else to the market');
  venue.end();
});

t.test('frames for several shards are in all rings or in none', async (t) => {
  const { venue, instruments, send, socket, session, next } = open(t.testdir(), { shards: 2 });
  send(5, newOrder(next, instruments[0]), newOrder(next + 1, instruments[1]), newOrder(next + 2, instruments[0]));
  venue.pump();
  t.same(
    venue.shards.map(({ engine }) => engine.validate()),
    [undefined, undefined],
  );
  t.equal(kinds(socket).filter((kind) => kind === EventKind.Accepted).length, 3);
  venue.shardsRun = false;
  const room = venue.limits.commandRingSlots - venue.limits.reservedCancelSlots;
  const window = venue.limits.laneAnswers;
  t.ok(room > window, 'the window is what is full first here');
  let low = next + 3;
  for (let sent = 0; sent < window; sent += 64) {
    send(6, ...Array.from({ length: 64 }, () => newOrder(low++, instruments[0])));
  }
  t.same(socket.refusals(), []);
  t.equal(session.unanswered, window);
  const before = venue.shards.map(({ engine }) => engine.commandSequence);
  send(7, newOrder(low, instruments[0]), newOrder(low + 1, instruments[1]));
  t.match(socket.last('Refused'), { number: 7, reason: Reason.Busy });
  venue.shardsRun = true;
  venue.pump();
  t.equal(venue.shards[1].engine.commandSequence, before[1], 'nothing of the busy frame went to the other shard');
  t.equal(session.unanswered, 0);
  send(8, madeCommand(CommandKind.MassCancel, LANE, low));
  t.equal(session.unanswered, 2, 'every shard answers a mass cancel of all instruments');
  venue.pump();
  t.equal(session.unanswered, 0);
  venue.end();
});

t.test('money, questions and kills go to the shard that they name, or to that of their instrument', async (t) => {
  const { venue, instruments, send, socket, session, next } = open(t.testdir(), { shards: 2 });
  const asset = encodeAssetTerms({ name: 'EUR', decimals: 2 });
  const record = new Int32Array(COMMAND_WORDS + asset.length);
  record.set(madeCommand(CommandKind.AddAsset, LANE, next));
  record.set(asset, COMMAND_WORDS);
  setOperationId(record, 0, asset.length / COMMAND_WORDS, next, LANE << 16);
  send(20, record);
  venue.pump();
  t.same(kinds(socket).at(-1), EventKind.AssetAdded, 'a record of the administration goes to shard 0');
  const sequences = () => venue.shards.map(({ engine }) => engine.commandSequence);
  let low = next;
  const goesTo = (kind: CommandKind, more: object): number[] => {
    const before = sequences();
    send(21, madeCommand(kind, LANE, ++low, more));
    venue.pump();
    return sequences().flatMap((sequence, shard) => (sequence > (before[shard] ?? 0) ? [shard] : []));
  };
  const deposit = { account: 1, instrument: 1, quantity: 5 };
  t.same(goesTo(CommandKind.Deposit, { ...deposit, minQuantity: 1 }), [1]);
  t.same(kinds(socket).slice(-2), [EventKind.Deposited, EventKind.BalanceChanged]);
  // Instrument 2 trades on shard 1: here the word is an asset.
  t.same(goesTo(CommandKind.Deposit, { ...deposit, instrument: 2 }), [0]);
  t.same(goesTo(CommandKind.Withdraw, { ...deposit, minQuantity: 1 }), [1]);
  t.same(goesTo(CommandKind.AccountStatus, { target: 1, minQuantity: 1, account: 99 }), [1]);
  t.same(kinds(socket).at(-1), EventKind.BalanceState);
  t.equal(socket.events().at(-1)?.[EVENT_ACCOUNT], 1, 'the gateway writes whose balance it is');
  t.same(goesTo(CommandKind.AccountStatus, { instrument: instruments[1] }), [1]);
  t.same(kinds(socket).at(-1), EventKind.PositionState);
  t.same(goesTo(CommandKind.Kill, { account: 1, minQuantity: 1 }), [1]);
  t.same(goesTo(CommandKind.Kill, { instrument: instruments[0], quantity: 1 }), [0]);
  t.same(kinds(socket).slice(-2), [EventKind.KillChanged, EventKind.Finished]);
  t.same(socket.refusals(), []);
  for (const kind of [CommandKind.Deposit, CommandKind.Withdraw, CommandKind.AccountStatus, CommandKind.Kill]) {
    t.same(goesTo(kind, { account: 1, minQuantity: 2 }), [], 'a shard that is not there');
  }
  t.same(
    socket.refusals(),
    Array.from({ length: 4 }, () => Reason.WrongShard),
  );
  t.equal(session.unanswered, 0);
  venue.end();
});

t.test('each kind about money and limits needs its right', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const account = venue.addAccount();
  const instrument = venue.addInstrument();
  const may = (rights: number, kind: CommandKind, more: object): boolean => {
    const { socket, session } = venue.logOn(venue.addKey(account, rights), { lane: LANE });
    venue.gateway.message(session, commandFrame(1, madeCommand(kind, LANE, 1, more)), true);
    venue.pump();
    return !socket.refusals().includes(Reason.NotAllowed);
  };
  const { Read, Trade, Market, Admin } = Right;
  for (const [right, kind, more] of [
    [Trade, CommandKind.AccountStatus, { instrument }],
    [Market, CommandKind.Kill, { instrument }],
    [Admin, CommandKind.Deposit, { instrument: 1, quantity: 1 }],
    [Admin, CommandKind.Withdraw, { instrument: 1, quantity: 1 }],
  ] as const) {
    t.ok(may(right, kind, more), `${CommandKind[kind]} with its right`);
    t.notOk(may((Read | Trade | Market | Admin) & ~right, kind, more), `${CommandKind[kind]} with all others`);
  }
  venue.end();
});

t.test('orders are refused as busy while cancels still have room', async (t) => {
  const { venue, key, instruments, send, socket, session, next } = open(t.testdir());
  const others = [2, 3].map((lane) => venue.logOn(key, { lane }));
  venue.shardsRun = false;
  let low = next;
  const flood = (to: typeof session, lane: number, count: number, kind: CommandKind): void => {
    const record = (): Int32Array =>
      madeCommand(
        kind,
        lane,
        low++,
        kind === CommandKind.New ? { instrument: 1, price: 5, quantity: 1 } : { instrument: 1 },
      );
    venue.gateway.message(to, commandFrame(1, ...Array.from({ length: count }, record)), true);
  };
  const { commandRingSlots, reservedCancelSlots } = venue.limits;
  flood(session, LANE, 200, CommandKind.New);
  flood(others[0].session, 2, commandRingSlots - reservedCancelSlots - 200, CommandKind.New);
  t.same([...socket.refusals(), ...others[0].socket.refusals()], []);
  send(9, newOrder(low, instruments[0]));
  t.match(socket.last('Refused'), { number: 9, reason: Reason.Busy });
  flood(others[1].session, 3, reservedCancelSlots, CommandKind.Cancel);
  t.same(others[1].socket.refusals(), [], 'the reserved slots are for cancels');
  flood(others[1].session, 3, 1, CommandKind.Cancel);
  t.same(others[1].socket.refusals(), [Reason.Busy], 'the ring is really full');
  venue.gateway.disconnected(others[0].session);
  venue.shardsRun = true;
  venue.pump();
  t.equal(session.unanswered, 0);
  t.equal(others[1].session.unanswered, 0);
  t.same([...venue.shards[0].engine.openIncarnations()].sort(), [1, 3], 'the SessionLost got in when there was room');
  venue.end();
});

t.test('an instrument trades when its own shard has applied it', async (t) => {
  const venue = new MadeVenue(t.testdir(), { shards: 2 });
  const key = venue.addKey(venue.addAccount());
  const { socket, session } = venue.logOn(key, { lane: LANE });
  venue.shardsRun = false;
  const instrument = venue.addInstrument(1);
  venue.roundOf(venue.shards[0]);
  venue.pump();
  const phase = commandFrame(1, setPhase(1, instrument, Phase.Continuous));
  venue.gateway.message(session, phase, true);
  t.same(socket.refusals(), [Reason.NotReady], 'shard 0 knows it, its own shard does not');
  venue.shardsRun = true;
  venue.pump();
  venue.gateway.message(session, phase, true);
  venue.pump();
  t.same(kinds(socket), [EventKind.PhaseChanged]);
  venue.end();
});

t.test('windows are counted exactly when answers name another session than the sender', async (t) => {
  const { venue, key, instruments, send, socket, session, next } = open(t.testdir());
  const other = venue.logOn(key, { lane: 2 });
  send(2, newOrder(next, instruments[0]), newOrder(next + 1, instruments[0]));
  venue.pump();
  const order = socket.events().findLast((event) => (event[EVENT_KIND_WORD] & 0xff) === EventKind.Accepted);
  const [target, targetHigh] = [order?.[6] ?? 0, order?.[7] ?? 0];
  // Another lane of the account cancels it: the Cancelled carries the first session.
  venue.gateway.message(
    other.session,
    commandFrame(1, madeCommand(CommandKind.Cancel, 2, 1, { instrument: 1, target, targetHigh })),
    true,
  );
  t.equal(other.session.unanswered, 1);
  venue.pump();
  t.equal(other.session.unanswered, 0);
  t.equal(session.unanswered, 0);
  const cancelled = other.socket.events().at(-1);
  t.equal((cancelled?.[EVENT_KIND_WORD] ?? 0) & 0xff, EventKind.Cancelled);
  t.equal(cancelled?.[EVENT_SESSION], session.incarnation);
  t.equal(cancelled?.[EVENT_CLIENT_ORDER_ID], next + 1);
  // A mass cancel of more orders than one round may make events of: its answer counts once.
  for (let low = 2; low < 102; low++) {
    venue.gateway.message(
      other.session,
      commandFrame(low, madeCommand(CommandKind.New, 2, low, { instrument: 1, price: 7, quantity: 1 })),
      true,
    );
    if (low % 50 === 0) venue.pump();
  }
  venue.gateway.message(other.session, commandFrame(200, madeCommand(CommandKind.MassCancel, 2, 200)), true);
  venue.gateway.message(
    other.session,
    commandFrame(201, madeCommand(CommandKind.Cancel, 2, 201, { instrument: 1 })),
    true,
  );
  venue.pump();
  t.equal(other.session.unanswered, 0);
  t.equal(session.unanswered, 0);
  t.same(other.socket.refusals(), []);
  venue.end();
});

t.test('a frame that is no frame is refused and the connection closed', async (t) => {
  const { venue, socket, session } = open(t.testdir());
  venue.gateway.message(session, new Uint8Array(40), true);
  t.same(socket.refusals(), [Reason.BadFrame]);
  t.equal(socket.closedWith, CLOSE_CODES.BAD_FRAME);
  venue.end();
});
