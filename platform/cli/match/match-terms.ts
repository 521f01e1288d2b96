/**
 * The Parts of admin records out of lines of `tredye match`, and the words that a line gives raw. Any thread.
 */

import {
  ANY_SHARD,
  encodeAssetTerms,
  encodeFeeTerms,
  encodeInstrumentTerms,
  encodeLimitTerms,
  FEE_WHOLE,
  LAST_FEE_TIER,
} from '../../../schemas/admin.js';
import { COMMAND_FIELDS } from '../../../schemas/kinds.js';
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
