import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { CommandFlag, CommandKind, EventBit, EventKind } from '../../schemas/codes.js';
import {
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_CLIENT_ORDER_ID,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { type FlowPlan, planFlow } from './flow-plan.js';
import { FlowReports, readExpectedHash } from './flow-reports.js';

type FlowRecord = [type: number, side: number, ioc: number, quantity: number, orderId: number, price: number];

const RECORDS: FlowRecord[] = [
  [0, 0, 0, 10, 700, -3],
  [0, 1, 1, 4, 701, -3],
  [2, 1, 0, 5, 700, -2],
  [1, 1, 0, 0, 700, 0],
  [1, 1, 0, 0, 999, 0],
];
const BUYER = { account: 1, session: 1, lane: 1, instrument: 1 };
const SELLER = { account: 2, session: 2, lane: 2, instrument: 1 };

function bytesOf(...records: FlowRecord[]): Buffer {
  const bytes = Buffer.alloc(records.length * 16);
  for (const [index, [type, side, ioc, quantity, orderId, price]] of records.entries()) {
    const at = index * 16;
    bytes.set([type, side, ioc], at);
    bytes.writeUInt32LE(quantity, at + 4);
    bytes.writeUInt32LE(orderId, at + 8);
    bytes.writeInt32LE(price, at + 12);
  }
  return bytes;
}

function planOf(folder: string): Promise<FlowPlan> {
  return planFlow(`${folder}/commands.bin.gz`);
}

t.test('a flow becomes commands of two parties, and what names an order follows its modifies', async (t) => {
  const plan = await planOf(t.testdir({ 'commands.bin.gz': gzipSync(bytesOf(...RECORDS)) }));
  t.same(plan.needs, { priceMin: -3, priceMax: -2, quantityMax: 10, orders: 2 });
  const words = new Int32Array(plan.length * COMMAND_WORDS);
  for (let index = 0; index < plan.length; index += 1) {
    plan.writeCommand(words, index * COMMAND_WORDS, index, BUYER, SELLER);
  }
  const word = (index: number, field: number) => words[index * COMMAND_WORDS + field] ?? 0;
  const kinds = [0, 1, 2, 3, 4].map((index) => word(index, COMMAND_KIND_WORD) & 0xff);
  t.same(kinds, [CommandKind.New, CommandKind.New, CommandKind.CancelReplace, CommandKind.Cancel, CommandKind.Cancel]);
  t.equal(word(0, COMMAND_PRICE), -3);
  t.same(
    [word(2, COMMAND_TARGET_ID), word(2, COMMAND_TARGET_ID + 1)],
    [1, 1 << 16],
    'side and lane are the stored ones',
  );
  t.same([word(3, COMMAND_TARGET_ID), word(3, COMMAND_TARGET_ID + 1)], [3, 1 << 16], 'the id that the modify gave');
  t.same([word(4, COMMAND_TARGET_ID), word(4, COMMAND_TARGET_ID + 1)], [5, 2 << 16], 'an unknown order: no live id');
  t.equal(word(3, COMMAND_FLAGS_WORD) >>> 16, CommandFlag.TargetIsClientOrderId);
});

t.test('a flow file that is empty, cut or holds a wrong byte is refused with the record', async (t) => {
  const cases: [Buffer, RegExp][] = [
    [gzipSync(''), /the file is empty/],
    [gzipSync(bytesOf(...RECORDS).subarray(0, 40)), /record 2: the last record is cut short/],
    [gzipSync(bytesOf([3, 0, 0, 1, 1, 1])), /record 0: type 3/],
    [gzipSync(bytesOf([0, 2, 0, 1, 1, 1])), /record 0: side 2/],
    [gzipSync(bytesOf([2, 0, 1, 1, 1, 1])), /record 0: ioc 1 on type 2/],
    [gzipSync(bytesOf([0, 0, 0, 0, 1, 1])), /record 0: quantity 0/],
    [gzipSync(bytesOf([0, 0, 0, 1, 1, -0x80000000])), /record 0: the price/],
    [gzipSync(bytesOf(...RECORDS)).subarray(0, 30), /cannot be read/],
    [bytesOf(...RECORDS), /cannot be read/],
  ];
  for (const [file, message] of cases) {
    await t.rejects(planOf(t.testdir({ 'commands.bin.gz': file })), { code: 'BAD_RECORDING', message });
  }
  const nonZero = bytesOf([0, 0, 0, 1, 1, 1]);
  nonZero[3] = 1;
  await t.rejects(planOf(t.testdir({ 'commands.bin.gz': gzipSync(nonZero) })), { message: /byte 3/ });
});

function event(kind: EventKind, counter: number, fields: Record<number, number>, bits = 0): Int32Array {
  const words = new Int32Array(EVENT_WORDS);
  words[EVENT_CLIENT_ORDER_ID] = counter;
  words[EVENT_KIND_WORD] = kind | (bits << 8);
  for (const [field, value] of Object.entries(fields)) {
    words[Number(field)] = value;
  }
  return words;
}

t.test('report lines stand in the agreed order: the trades of a modify before its own line', async (t) => {
  const plan = await planOf(t.testdir({ 'commands.bin.gz': gzipSync(bytesOf(...RECORDS)) }));
  const lines: string[] = [];
  const reports = new FlowReports(plan, lines);
  const sell = EventBit.Sell;
  const events = [
    event(EventKind.Accepted, 1, { [EVENT_PRICE]: -3, [EVENT_QUANTITY]: 10 }),
    event(EventKind.Booked, 1, { [EVENT_PRICE]: -3 }),
    event(EventKind.Accepted, 2, { [EVENT_PRICE]: -3, [EVENT_QUANTITY]: 4 }, sell),
    event(EventKind.Fill, 1, { [EVENT_PRICE]: -3, [EVENT_QUANTITY]: 3 }),
    event(EventKind.Fill, 2, { [EVENT_PRICE]: -3, [EVENT_QUANTITY]: 3 }, sell),
    event(EventKind.Cancelled, 2, { [EVENT_PRICE]: -3, [EVENT_QUANTITY]: 1 }, sell),
    event(EventKind.Replaced, 3, { [EVENT_PRICE]: -3, [EVENT_LEAVES]: 5, [EVENT_RELATED_ID]: 1 }),
    event(EventKind.Fill, 2, { [EVENT_PRICE]: -2, [EVENT_QUANTITY]: 1 }, sell),
    event(EventKind.Fill, 3, { [EVENT_PRICE]: -2, [EVENT_QUANTITY]: 1 }),
    event(EventKind.Booked, 3, { [EVENT_PRICE]: -2 }),
    event(EventKind.Cancelled, 3, { [EVENT_PRICE]: -2, [EVENT_RELATED_ID]: 4 }),
    event(EventKind.Rejected, 5, {}),
  ];
  for (const one of events) {
    reports.event(one, 0);
  }
  const hash = reports.finish();
  t.same(lines, [
    '0,0,0,700,-3,10',
    '0,1,1,701,-3,4',
    '1,1,-3,3,700,701',
    '2,1,1,701,-3',
    '1,2,-2,1,701,700',
    '3,2,0,700,-2,5',
    '2,3,0,700,-2',
    '4,4,999',
  ]);
  t.equal(hash, createHash('sha256').update(lines.join('\n')).digest('hex'));
  t.throws(() => reports.event(event(EventKind.PhaseChanged, 1, {}), 0), /no events of kind 32/);
});

t.test('a rejected modify, and a modify as the last of all, have their lines', async (t) => {
  const plan = await planOf(t.testdir({ 'commands.bin.gz': gzipSync(bytesOf(...RECORDS)) }));
  const lines: string[] = [];
  const reports = new FlowReports(plan, lines);
  reports.event(event(EventKind.Rejected, 3, {}), 0);
  reports.event(event(EventKind.Replaced, 3, { [EVENT_LEAVES]: 5 }), 0);
  reports.finish();
  t.same(lines, ['5,2,700', '3,2,0,700,-2,5']);
});

t.test('the expected hash must be one', async (t) => {
  const hash = 'e9b2e3926854410b01a035aeb25dd05f1e597c233be8263de9eb49b6713d367e';
  const folder = t.testdir({ good: `${hash}\n`, short: hash.slice(1), empty: '' });
  t.equal(readExpectedHash(`${folder}/good`), hash);
  t.throws(() => readExpectedHash(`${folder}/short`), { code: 'BAD_RECORDING' });
  t.throws(() => readExpectedHash(`${folder}/empty`), { code: 'BAD_RECORDING' });
});
