/**
 * Records out of lines of `tredye match`: terms of orders, Parts of admin records, and the words that a line gives raw.
 * Any thread.
 */

import { moneyMoveWords, type OrderTerms, putClientOrderId } from '../../../client/commands.js';
import {
  ANY_SHARD,
  encodeAssetTerms,
  encodeFeeTerms,
  encodeInstrumentTerms,
  encodeLimitTerms,
  FEE_WHOLE,
  LAST_FEE_TIER,
  setOperationId,
} from '../../../schemas/admin.js';
import { CommandKind } from '../../../schemas/codes.js';
import { COMMAND_FIELDS } from '../../../schemas/kinds.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_WORDS,
  highWord,
} from '../../../schemas/layout.js';
import { type Line, LineError, suggestion } from './match-line.js';

const MOST_PRICE = 10_000_000;
const MOST_QUANTITY = 10_000_000;
const MAX_UINT32 = 0xffff_ffff;
const MIN_INT32 = -0x8000_0000;
const MAX_INT32 = 0x7fff_ffff;
const MAX_DECIMALS = 9;

/** base, quote: the assets that the line names, 0 for none. */
export function instrumentTerms(line: Line, baseAsset: number, quoteAsset: number): Int32Array {
  const price = (name: string, fallback: number) => line.whole(name, MIN_INT32 + 1, MAX_INT32, fallback);
  return encodeInstrumentTerms({
    symbol: line.text('symbol'),
    shard: line.whole('shard', 0, ANY_SHARD, ANY_SHARD),
    priceMin: price('priceMin', 1),
    priceMax: price('priceMax', MOST_PRICE),
    quantityMax: line.whole('quantityMax', 1, MAX_UINT32, MOST_QUANTITY),
    unit: line.whole('unit', 1, MAX_UINT32, 1),
    referencePrice: line.has('referencePrice') ? price('referencePrice', 0) : null,
    priceDecimals: line.whole('priceDecimals', 0, MAX_DECIMALS, 0),
    quantityDecimals: line.whole('quantityDecimals', 0, MAX_DECIMALS, 0),
    baseAsset,
    quoteAsset,
    baseUnit: line.whole('baseUnit', 0, MAX_UINT32, 1),
    feeCap: line.whole('feeCap', 0, MAX_UINT32, 0),
    staticBand: line.whole('staticBand', 0, MAX_UINT32, 0),
    ticks: line.has('ticks') ? tickRows(line.text('ticks')) : [],
    auctionSelfTrade: line.has('auctionSelfTrade') && line.truth('auctionSelfTrade'),
    dynamicBand: line.whole('dynamicBand', 0, MAX_UINT32, 0),
    bandAuction: line.has('bandAuction') && line.truth('bandAuction'),
  });
}

/** 1:1/100:5 are ticks of 1 from 1 on and of 5 from 100 on. Whether they make a table is the engine's to say. */
function tickRows(text: string): { from: number; tick: number }[] {
  return text.split('/').map((row) => {
    const [, from, tick] = /^(-?\d{1,10}):(\d{1,10})$/.exec(row) ?? [];
    if (from === undefined || tick === undefined || Math.abs(+from) > MAX_INT32 || +tick > MAX_UINT32) {
      throw new LineError(`ticks must be rows of a price and a tick like 1:1/100:5, not ${text}.`);
    }
    return { from: Number(from), tick: Number(tick) };
  });
}

export function assetTerms(line: Line): Int32Array {
  return encodeAssetTerms({ name: line.text('name'), decimals: line.whole('decimals', 0, MAX_DECIMALS, 0) });
}

/** Also what is one beyond the bounds, so that its refusal can be seen. */
export function feeTerms(line: Line): Int32Array {
  const fee = (name: string) => line.whole(name, -FEE_WHOLE - 1, FEE_WHOLE + 1, 0);
  const tier = line.whole('tier', 0, LAST_FEE_TIER + 1, 0);
  return encodeFeeTerms({ tier, maker: fee('maker'), taker: fee('taker'), auction: fee('auction') });
}

export function limitTerms(line: Line): Int32Array {
  const limit = (name: string, to = MAX_UINT32) => line.whole(name, 0, to, 0);
  return encodeLimitTerms({
    orderQuantity: limit('orderQuantity'),
    orderNotional: limit('orderNotional', Number.MAX_SAFE_INTEGER),
    openOrders: limit('openOrders'),
    position: limit('position', Number.MAX_SAFE_INTEGER),
    rate: limit('rate'),
    burst: limit('burst'),
    feeTier: limit('feeTier', LAST_FEE_TIER + 1),
  });
}

/** Writes the fields that the line gives raw, whatever they say. */
export function putRaw(line: Line, words: Int32Array): void {
  const raw = line.any('raw') ?? {};
  if (typeof raw !== 'object') throw new LineError('raw must be an object of fields and numbers.');
  const view = new DataView(words.buffer);
  for (const [name, value] of Object.entries(raw)) {
    if (!(name in COMMAND_FIELDS)) {
      throw new LineError(`A command has no field ${name}: ${suggestion(name, Object.keys(COMMAND_FIELDS))}`);
    }
    const [at, bytes]: readonly [number, number] = COMMAND_FIELDS[name as keyof typeof COMMAND_FIELDS];
    const isWide = bytes === 8 && typeof value === 'string' && /^\d{1,20}$/.test(value);
    if (typeof value !== 'number' && !isWide) {
      throw new LineError(`raw.${name} must be a number; it is ${JSON.stringify(value)}.`);
    }
    if (bytes === 8) view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
    else if (bytes === 4) view.setInt32(at, Number(value), true);
    else if (bytes === 2) view.setInt16(at, Number(value), true);
    else view.setInt8(at, Number(value));
  }
}

/** Of a New; whether it may be so the engine says. */
export function orderTerms(line: Line): OrderTerms {
  const type = line.named(
    'type',
    ['Limit', 'Market', 'MarketToLimit', 'Iceberg', 'Stop', 'StopLimit', 'TrailingStop'],
    line.has('price') ? 'Limit' : 'Market',
  );
  return {
    side: line.named('side', ['Buy', 'Sell']),
    ...(line.has('price') ? { price: line.whole('price', MIN_INT32 + 1, MAX_INT32) } : {}),
    quantity: line.whole('quantity', 0, MAX_UINT32),
    type,
    timeInForce: line.named(
      'timeInForce',
      ['GoodTillCancel', 'Day', 'ImmediateOrCancel', 'FillOrKill', 'GoodTillDate'],
      'GoodTillCancel',
    ),
    postOnly: line.truth('postOnly'),
    slide: line.truth('slide'),
    selfTrade: line.named('selfTrade', ['None', 'Newest', 'Oldest', 'Both', 'Decrement'], 'None'),
    ...(line.has('trigger') ? { trigger: line.named('trigger', ['LastTrade', 'Touch', 'Reference']) } : {}),
    ...(line.has('triggerPrice') ? { triggerPrice: line.whole('triggerPrice', MIN_INT32 + 1, MAX_INT32) } : {}),
    ...(line.has('displayQuantity') ? { displayQuantity: line.whole('displayQuantity', 0, MAX_UINT32) } : {}),
    ...(line.has('minQuantity') ? { minQuantity: line.whole('minQuantity', 0, MAX_UINT32) } : {}),
    ...(line.has('expirySeconds') ? { expirySeconds: line.whole('expirySeconds', 0, MAX_UINT32) } : {}),
    ...(line.has('trailingDistance') ? { trailingDistance: line.whole('trailingDistance', 1, MAX_INT32) } : {}),
    ...(line.has('limitOffset') ? { limitOffset: line.whole('limitOffset', 0, MAX_INT32) } : {}),
    refuseIfThrough: line.truth('refuseIfThrough'),
  };
}

/** Without an id, unless the line gives one raw: it is no one's operation that could be asked again. */
export function adminWords(head: Int32Array, parts: Int32Array, line?: Line): Int32Array {
  const words = new Int32Array(COMMAND_WORDS + parts.length);
  words.set(head);
  words.set(parts, COMMAND_WORDS);
  if (line !== undefined) putRaw(line, words);
  setOperationId(words, 0, parts.length / COMMAND_WORDS, words[0] ?? 0, words[1] ?? 0);
  return words;
}

/** A session opens or is lost; incarnation 0: none. */
export function sessionWords(kind: CommandKind, account: number, lane: number, incarnation: number): Int32Array {
  const words = new Int32Array(COMMAND_WORDS);
  putClientOrderId(words, 0, lane, 0);
  words[COMMAND_KIND_WORD] = kind;
  words[COMMAND_ACCOUNT] = account | 0;
  words[COMMAND_SESSION] = incarnation | 0;
  return words;
}

/** What the platform brings from another shard. */
export function moveInTerms(line: Line, account: number, asset: number): Int32Array {
  const from = line.whole('from', 0, MAX_UINT32);
  return numbered(
    line,
    CommandKind.MoveIn,
    moneyMoveWords(CommandKind.MoveOut, account, asset, line.amount('amount'), from),
  );
}

/** What the platform has heard of a move to another shard. */
export function moveDoneTerms(line: Line): Int32Array {
  const words = numbered(
    line,
    CommandKind.MoveDone,
    moneyMoveWords(CommandKind.MoveOut, 0, 0, 0, line.whole('to', 0, MAX_UINT32)),
  );
  words[COMMAND_QUANTITY] = line.whole('result', 0, MAX_UINT32, 0);
  return words;
}

function numbered(line: Line, kind: CommandKind, words: Int32Array): Int32Array {
  const number = line.whole('number', 0, Number.MAX_SAFE_INTEGER);
  words[COMMAND_KIND_WORD] = kind;
  words[COMMAND_CLIENT_ORDER_ID] = number | 0;
  words[COMMAND_CLIENT_ORDER_ID + 1] = highWord(number);
  putRaw(line, words);
  return words;
}
