import t from 'tap';
import { EventKind, Reason } from '../../schemas/codes.js';
import {
  EVENT_ACCOUNT,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_BOOK_BIT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_CUMULATIVE,
  EVENT_DISPLAYED,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_SEQUENCE,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { checkAfterKill, type Evidence } from './check.js';
import { EventLog, type SeenTop } from './event-log.js';
import { readWitnessLines, type WitnessLine, writeWitnessLine } from './witness-line.js';

const ACCOUNT = 2;
const LANE = 7;
const INSTRUMENT = 1;
const idOf = (counter: number) => (BigInt(LANE) << 48n) | BigInt(counter);

interface MadeEvent {
  readonly kind: EventKind;
  readonly counter: number;
  readonly order: number;
  readonly price: number;
  readonly displayed: number;
  readonly reason?: Reason;
}

function logOf(events: readonly MadeEvent[]): EventLog {
  const log = new EventLog();
  events.forEach((event, index) => {
    const words = new Int32Array(EVENT_WORDS);
    words[EVENT_SEQUENCE] = index + 1;
    words[EVENT_ACCOUNT] = ACCOUNT;
    words[EVENT_ACCOUNT_SEQUENCE] = index + 1;
    words[EVENT_CLIENT_ORDER_ID] = event.counter;
    words[EVENT_CLIENT_ORDER_ID + 1] = LANE << 16;
    words[EVENT_ORDER_ID] = event.order;
    words[EVENT_INSTRUMENT] = INSTRUMENT;
    words[EVENT_PRICE] = event.price;
    words[EVENT_QUANTITY] = event.displayed;
    words[EVENT_LEAVES] = event.displayed;
    words[EVENT_DISPLAYED] = event.displayed;
    words[EVENT_CUMULATIVE] = 0;
    const book = event.kind === EventKind.Booked ? EVENT_BOOK_BIT : 0;
    words[EVENT_KIND_WORD] = event.kind | book | ((event.reason ?? 0) << 16);
    log.add(words, 0, 1);
  });
  return log;
}

const EVENTS: readonly MadeEvent[] = [
  { kind: EventKind.Accepted, counter: 11, order: 1, price: 100, displayed: 5 },
  { kind: EventKind.Booked, counter: 11, order: 1, price: 100, displayed: 5 },
  { kind: EventKind.Accepted, counter: 12, order: 2, price: 99, displayed: 4 },
  { kind: EventKind.Booked, counter: 12, order: 2, price: 99, displayed: 4 },
];
const ack = (counter: number, orderId: bigint, sequence: number): WitnessLine => ({
  type: 'ack',
  clientOrderId: idOf(counter),
  kind: 'Accepted',
  orderId,
  shard: 0,
  epoch: 1,
  sequence,
  reason: 'None',
});
const LINES: readonly WitnessLine[] = [ack(11, 1n, 1), ack(12, 2n, 3), { type: 'never', clientOrderId: idOf(13) }];
const TOPS: ReadonlyMap<string, SeenTop> = new Map([
  [`${INSTRUMENT}/Buy`, { price: 100, total: 5, orders: 1 }],
  [`${INSTRUMENT}/Sell`, { price: -0x80000000, total: 0, orders: 0 }],
]);

function evidence(change: Partial<Evidence>): Evidence {
  return {
    account: ACCOUNT,
    lane: LANE,
    instruments: [INSTRUMENT],
    firstCounter: 11,
    issued: 3,
    lines: LINES,
    streams: [logOf(EVENTS)],
    journals: [logOf(EVENTS)],
    tops: TOPS,
    ...change,
  };
}

const without = (index: number) => EVENTS.filter((_, at) => at !== index);
const twice: readonly MadeEvent[] = [...EVENTS, { ...EVENTS[0], counter: 11, order: 3 } as MadeEvent];
const executedAfterAll: readonly MadeEvent[] = [
  ...EVENTS,
  { kind: EventKind.Accepted, counter: 13, order: 3, price: 98, displayed: 1 },
];

t.test('evidence that is whole passes and is counted', async (t) => {
  const findings = checkAfterKill(evidence({}));
  t.same(findings, { acknowledged: 2, neverHappened: 1, openOrders: 2 });
});

t.test('a command that was refused as stale behind the fence never happened', async (t) => {
  const refused = [
    ...EVENTS,
    { kind: EventKind.Rejected, counter: 13, order: 0, price: 0, displayed: 0, reason: Reason.StaleIncarnation },
  ];
  const findings = checkAfterKill(evidence({ streams: [logOf(refused)], journals: [logOf(refused)] }));
  t.equal(findings.neverHappened, 1);
});

const FAULTS: readonly [string, Partial<Evidence>, RegExp][] = [
  [
    'an acknowledged command that is missing from stream and journal',
    { streams: [logOf(EVENTS.slice(0, 2))], journals: [logOf(EVENTS.slice(0, 2))] },
    /missing from the stream/,
  ],
  ['a command that is there twice', { streams: [logOf(twice)], journals: [logOf(twice)] }, /answered twice/],
  [
    'a command that happened although the fence said never',
    { streams: [logOf(executedAfterAll)], journals: [logOf(executedAfterAll)] },
    /settled as never/,
  ],
  ['a stream that lacks an event of the journal', { streams: [logOf(without(3))] }, /the stream has 3/],
  ['a stream with an event that the journal lacks', { journals: [logOf(without(3))] }, /the journal 3/],
  ['a command that nobody settled', { lines: LINES.slice(0, 2) }, /settles 2/],
  ['a command that was settled twice', { lines: [...LINES, ack(12, 2n, 3)] }, /settles command 12 twice/],
  ['another sequence than was acknowledged', { lines: [ack(11, 1n, 2), ...LINES.slice(1)] }, /had sequence 2/],
  ['another order than was acknowledged', { lines: [ack(11, 9n, 1), ...LINES.slice(1)] }, /was order 9/],
  [
    'an acknowledgement of an epoch before the journal has it',
    { lines: [{ ...ack(11, 1n, 1), epoch: 0 } as WitnessLine, ...LINES.slice(1)] },
    /in epoch 0/,
  ],
  [
    'a top of book that is not the journal’s',
    { tops: new Map([...TOPS, [`${INSTRUMENT}/Buy`, { price: 100, total: 6, orders: 1 }]]) },
    /the socket shows/,
  ],
];

for (const [name, change, sentence] of FAULTS) {
  t.test(`the check finds ${name}`, async (t) => {
    t.throws(() => checkAfterKill(evidence(change)), sentence);
  });
}

t.test('a witness file reads back as it was written, and a line that is none is an error', async (t) => {
  const text = [...LINES, { type: 'refused', clientOrderId: 5n, reason: 'Busy' } as const]
    .map(writeWitnessLine)
    .join('');
  t.same(readWitnessLines(text), [...LINES, { type: 'refused', clientOrderId: 5n, reason: 'Busy' }]);
  t.throws(() => readWitnessLines('ack 1 2\n'), /Line 1/);
  t.throws(() => readWitnessLines('never 1'), /whole line/);
});
