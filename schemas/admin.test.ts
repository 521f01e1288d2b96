/** Terms go through Parts unchanged; what is out of bounds or out of shape is refused by its code. */

import t from 'tap';
import {
  ANY_SHARD,
  decodeTerms,
  encodeAccountTerms,
  encodeInstrumentTerms,
  encodeKeyTerms,
  type InstrumentTermsFields,
  type KeyTermsFields,
  setOperationId,
} from './admin.js';
import { CommandKind, Reason } from './codes.js';
import { checkParts } from './kinds.js';
import { COMMAND_KIND_WORD, COMMAND_WORDS } from './layout.js';

function group(kind: CommandKind, parts: Int32Array): Int32Array {
  const words = new Int32Array(COMMAND_WORDS + parts.length);
  words[COMMAND_KIND_WORD] = kind;
  words.set(parts, COMMAND_WORDS);
  setOperationId(words, 0, parts.length / COMMAND_WORDS, 7, 9);
  return words;
}

function decoded(kind: CommandKind, parts: Int32Array): unknown {
  const words = group(kind, parts);
  return decodeTerms(words, 0, words.length / COMMAND_WORDS);
}

const INSTRUMENT: InstrumentTermsFields = {
  symbol: 'BTC-USD',
  shard: ANY_SHARD,
  priceMin: 1,
  priceMax: 2 ** 31 - 1,
  quantityMax: 2 ** 32 - 1,
  unit: 1,
  referencePrice: null,
  priceDecimals: 2,
  quantityDecimals: 8,
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
const KEY: KeyTermsFields = { publicKey: new Uint8Array(32).map((_, at) => at), rights: 15, label: 'desk 1' };

t.test('terms come back as they were', async (t) => {
  t.same(decoded(CommandKind.AddInstrument, encodeInstrumentTerms(INSTRUMENT)), { type: 'instrument', ...INSTRUMENT });
  const other = { ...INSTRUMENT, symbol: 'a'.repeat(32), shard: 3, priceMin: -50, priceMax: 50, referencePrice: 0 };
  t.same(decoded(CommandKind.AddInstrument, encodeInstrumentTerms(other)), { type: 'instrument', ...other });
  t.same(decoded(CommandKind.AddAccount, encodeAccountTerms({ name: 'Ü', selfTradeGroup: 0xffffffff })), {
    type: 'account',
    name: 'Ü',
    selfTradeGroup: 0xffffffff,
  });
  t.same(decoded(CommandKind.AddKey, encodeKeyTerms(KEY)), { type: 'key', ...KEY });
});

t.test('the operation id is in the head and every Part', async (t) => {
  const words = group(CommandKind.AddKey, encodeKeyTerms(KEY));
  for (let at = 0; at < words.length; at += COMMAND_WORDS) t.same([words[at], words[at + 1]], [7, 9]);
  t.equal(checkParts(words, 0, words.length / COMMAND_WORDS), words.length / COMMAND_WORDS - 1);
});

t.test('instrument terms out of bounds are refused', async (t) => {
  for (const change of [
    { symbol: '' },
    { symbol: 'a'.repeat(33) },
    { symbol: 'BTC USD' },
    { symbol: 'BTC\nUSD' },
    { symbol: 'BTCÜ' },
    { priceMin: 5, priceMax: 4 },
    { priceMin: -(2 ** 31) },
    { quantityMax: 0 },
    { unit: 0 },
    { referencePrice: 0 },
    { priceMax: 10, referencePrice: 11 },
    { priceDecimals: 10 },
    { quantityDecimals: 10 },
  ]) {
    const parts = encodeInstrumentTerms({ ...INSTRUMENT, ...change });
    t.equal(decoded(CommandKind.AddInstrument, parts), Reason.TermsOutOfRange, JSON.stringify(change));
  }
});

t.test('account and key terms out of bounds are refused', async (t) => {
  for (const name of ['', 'x'.repeat(65), 'Ü'.repeat(33), 'a\u0000b', 'a\u001b[2J']) {
    t.equal(
      decoded(CommandKind.AddAccount, encodeAccountTerms({ name })),
      Reason.TermsOutOfRange,
      JSON.stringify(name),
    );
  }
  for (const change of [
    { publicKey: new Uint8Array(31) },
    { publicKey: new Uint8Array(33) },
    { rights: 0 },
    { rights: 32 },
    { rights: 2 ** 31 },
    { label: 'x'.repeat(65) },
    { label: 'a\r\nb' },
  ]) {
    t.equal(decoded(CommandKind.AddKey, encodeKeyTerms({ ...KEY, ...change })), Reason.TermsOutOfRange);
  }
});

t.test('rule 5.28: a static band needs a reference price and one word', async (t) => {
  const terms = (change: Partial<InstrumentTermsFields>) =>
    decoded(CommandKind.AddInstrument, encodeInstrumentTerms({ ...INSTRUMENT, ...change }));
  t.equal(terms({ staticBand: 5 }), Reason.TermsOutOfRange);
  t.equal(terms({ staticBand: 2 ** 30, referencePrice: 100 }), Reason.TermsOutOfRange);
  t.equal(terms({ dynamicBand: 2 ** 30 }), Reason.TermsOutOfRange);
  t.equal(terms({ bandAuction: true }), Reason.TermsOutOfRange, 'there is no band to start it');
  t.match(terms({ dynamicBand: 2 ** 30 - 1, bandAuction: true }), { dynamicBand: 2 ** 30 - 1, bandAuction: true });
  const ticks = (...rows: number[][]) => ({ ticks: rows.map(([from = 0, tick = 0]) => ({ from, tick })) });
  t.match(terms({ priceMin: 1, priceMax: 21, ...ticks([1, 1], [11, 5]) }), ticks([1, 1], [11, 5]));
  for (const rows of [
    [[2, 1]],
    [[1, 0]],
    [[1, 2 ** 31]],
    [[1, 3]],
    [
      [1, 1],
      [1, 5],
    ],
    [
      [1, 1],
      [22, 1],
    ],
  ]) {
    t.equal(terms({ priceMin: 1, priceMax: 21, ...ticks(...rows) }), Reason.TermsOutOfRange, JSON.stringify(rows));
  }
  const many = Array.from({ length: 17 }, (_, row) => [row + 1, 1]);
  t.equal(terms({ priceMin: 1, priceMax: 21, ...ticks(...many) }), Reason.TermsOutOfRange);
  t.match(terms({ priceMin: 1, priceMax: 21, ...ticks(...many.slice(1).map(([from = 0]) => [from - 1, 1])) }), {});
  t.match(terms({ staticBand: 2 ** 30 - 1, referencePrice: 100 }), { staticBand: 2 ** 30 - 1 });
});

t.test('a payload that is no terms of its kind is refused', async (t) => {
  const parts = encodeAccountTerms({ name: 'name' });
  t.equal(decoded(CommandKind.AddKey, parts), Reason.TermsOutOfRange, 'a name taken for a key of four bytes');
  t.equal(
    decoded(
      CommandKind.AddAccount,
      parts.map((word, at) => (at > 3 && at < 14 ? 0 : word)),
    ),
    Reason.BadPayload,
  );
  const tail = parts.slice();
  tail[tail.length - 3] = 1 << 24;
  t.equal(decoded(CommandKind.AddAccount, tail), Reason.BadPayload, 'something behind the terms');
  t.equal(decoded(CommandKind.AddAccount, new Int32Array(0)), Reason.BadParts);
  t.equal(decoded(CommandKind.RevokeKey, new Int32Array(0)), Reason.BadKind);
});

t.test('terms that do not fit in 32 Parts are not written', async (t) => {
  t.throws(() => encodeAccountTerms({ name: 'x'.repeat(2_000) }), RangeError);
});
