/** The hand-written layout against the generated code: one of them is what everybody else reads. */

import { ByteBuffer } from 'flatbuffers';
import t from 'tap';
import { Command } from './generated/command.js';
import { Event } from './generated/event.js';
import { STRUCTS } from './generated/shapes.js';
import { COMMAND_FIELDS, EVENT_FIELDS } from './kinds.js';
import * as layout from './layout.js';

const COMMAND_WORD_OF = {
  client_order_id: layout.COMMAND_CLIENT_ORDER_ID,
  target_id: layout.COMMAND_TARGET_ID,
  time_us: layout.COMMAND_TIME_US,
  account: layout.COMMAND_ACCOUNT,
  session: layout.COMMAND_SESSION,
  instrument: layout.COMMAND_INSTRUMENT,
  price: layout.COMMAND_PRICE,
  quantity: layout.COMMAND_QUANTITY,
  display_quantity: layout.COMMAND_DISPLAY_QUANTITY,
  trigger_price: layout.COMMAND_TRIGGER_PRICE,
  min_quantity: layout.COMMAND_MIN_QUANTITY,
  kind: layout.COMMAND_KIND_WORD,
  side: layout.COMMAND_KIND_WORD,
  type: layout.COMMAND_KIND_WORD,
  time_in_force: layout.COMMAND_KIND_WORD,
  self_trade: layout.COMMAND_FLAGS_WORD,
  trigger: layout.COMMAND_FLAGS_WORD,
  flags: layout.COMMAND_FLAGS_WORD,
};

const EVENT_WORD_OF = {
  sequence: layout.EVENT_SEQUENCE,
  command_sequence: layout.EVENT_COMMAND_SEQUENCE,
  time_us: layout.EVENT_TIME_US,
  order_id: layout.EVENT_ORDER_ID,
  client_order_id: layout.EVENT_CLIENT_ORDER_ID,
  related_id: layout.EVENT_RELATED_ID,
  amount: layout.EVENT_AMOUNT,
  account: layout.EVENT_ACCOUNT,
  account_sequence: layout.EVENT_ACCOUNT_SEQUENCE,
  instrument: layout.EVENT_INSTRUMENT,
  price: layout.EVENT_PRICE,
  quantity: layout.EVENT_QUANTITY,
  leaves: layout.EVENT_LEAVES,
  displayed: layout.EVENT_DISPLAYED,
  cumulative: layout.EVENT_CUMULATIVE,
  session: layout.EVENT_SESSION,
  kind: layout.EVENT_KIND_WORD,
  bits: layout.EVENT_KIND_WORD,
  reason: layout.EVENT_KIND_WORD,
};

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** What the words hold at byte `at`, as the generated accessor would give it. */
function expected(bytes: Uint8Array, at: number, size: number, signed: boolean): number | bigint {
  const view = new DataView(bytes.buffer);
  if (size === 8) return signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
  if (size === 4) return signed ? view.getInt32(at, true) : view.getUint32(at, true);
  return size === 2 ? view.getUint16(at, true) : view.getUint8(at);
}

const SIGNED = new Set(['price', 'trigger_price', 'amount']);

for (const [name, struct, wordOf, bytesOf, fields] of [
  ['Command', STRUCTS.Command, COMMAND_WORD_OF, layout.COMMAND_BYTES, COMMAND_FIELDS],
  ['Event', STRUCTS.Event, EVENT_WORD_OF, layout.EVENT_BYTES, EVENT_FIELDS],
] as const) {
  t.test(`${name} has its layout in words, in the kinds table and in the generated accessors alike`, async (t) => {
    t.equal(struct.bytes, bytesOf);
    t.equal(bytesOf % 4, 0);
    t.same(
      Object.keys(wordOf),
      struct.fields.map((field) => field.name),
      'every field has its word',
    );
    t.same(
      Object.entries(fields).map(([field, [at, bytes]]) => ({ field, at, bytes })),
      struct.fields.map((field) => ({ field: camel(field.name), at: field.at, bytes: field.bytes })),
    );
    const bytes = new Uint8Array(bytesOf).map((_, at) => 0x80 + at);
    const buffer = new ByteBuffer(bytes);
    const record = name === 'Command' ? new Command().__init(0, buffer) : new Event().__init(0, buffer);
    for (const field of struct.fields) {
      t.equal(Math.floor(field.at / 4), wordOf[field.name as keyof typeof wordOf], `word of ${field.name}`);
      const accessor: unknown = Reflect.get(record, camel(field.name));
      t.type(accessor, 'function', `${field.name} has an accessor`);
      const value: unknown = typeof accessor === 'function' ? accessor.call(record) : undefined;
      t.equal(value, expected(bytes, field.at, field.bytes, SIGNED.has(field.name)), `value of ${field.name}`);
    }
  });
}

t.test('the bits of an event lie where the generated bits say', async (t) => {
  const words = new Int32Array(layout.EVENT_WORDS);
  const bytes = new Uint8Array(words.buffer);
  const event = new Event().__init(0, new ByteBuffer(bytes));
  for (const [bit, at] of [
    [layout.EVENT_SELL_BIT, 1],
    [1 << layout.EVENT_LIQUIDITY_SHIFT, 2],
    [layout.EVENT_END_OF_COMMAND_BIT, 8],
    [layout.EVENT_BOOK_BIT, 16],
    [layout.EVENT_DUPLICATE_BIT, 32],
  ] as const) {
    words[layout.EVENT_KIND_WORD] = bit;
    t.equal(event.bits(), at);
    t.equal(event.kind(), 0);
  }
});

t.test('a 64-bit number goes through two words and back exactly', async (t) => {
  for (const value of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 12345, Number.MAX_SAFE_INTEGER]) {
    const words = Int32Array.of(value | 0, layout.highWord(value) | 0);
    t.equal(layout.joinWords(words[0] ?? 0, words[1] ?? 0), value);
  }
});
