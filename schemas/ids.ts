/**
 * Identities as types that the compiler keeps apart: an account is not an instrument though both are small numbers.
 * Any thread. Inside hot code they are words of a record; these brands are for the edges: client, gateway's sessions,
 * supervisor, tools. Making one checks its range and throws a RangeError: a wrong id here is a bug of the caller.
 */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Low 32 bits the order's slot, high 32 its generation; unique in a shard, never 0. */
export type OrderId = Branded<bigint, 'OrderId'>;
/** Top 16 bits the lane, low 48 a counter that rises; counter 0 asks for no protection. */
export type ClientOrderId = Branded<bigint, 'ClientOrderId'>;
/** Dense from 1; 0 is no account. */
export type AccountId = Branded<number, 'AccountId'>;
/** Dense from 1. */
export type InstrumentId = Branded<number, 'InstrumentId'>;
/** Dense from 1. */
export type KeyId = Branded<number, 'KeyId'>;
/** From 0 to the number of shards - 1. */
export type ShardIndex = Branded<number, 'ShardIndex'>;
/** 0 to 65535, chosen by the client: one for each connection of an account. */
export type Lane = Branded<number, 'Lane'>;
/** Unique for ever, from 1; 0 is the supervisor itself. */
export type Incarnation = Branded<number, 'Incarnation'>;
/** Rises by one with each recovery of a shard, from 1. */
export type Epoch = Branded<number, 'Epoch'>;
/** Of an event in its shard: dense from 1, an exact double. */
export type Sequence = Branded<number, 'Sequence'>;

const UINT16 = 0xffff;
const UINT32 = 0xffffffff;
const UINT64 = 0xffffffffffffffffn;

export const orderId = (value: bigint): OrderId => wide(value, 1n, 'order id') as OrderId;
export const clientOrderId = (value: bigint): ClientOrderId => wide(value, 0n, 'client order id') as ClientOrderId;
export const accountId = (value: number): AccountId => narrow(value, 1, UINT32, 'account') as AccountId;
export const instrumentId = (value: number): InstrumentId => narrow(value, 1, UINT32, 'instrument') as InstrumentId;
export const keyId = (value: number): KeyId => narrow(value, 1, UINT32, 'key') as KeyId;
export const shardIndex = (value: number): ShardIndex => narrow(value, 0, UINT16, 'shard') as ShardIndex;
export const lane = (value: number): Lane => narrow(value, 0, UINT16, 'lane') as Lane;
export const incarnation = (value: number): Incarnation => narrow(value, 0, UINT32, 'incarnation') as Incarnation;
export const epoch = (value: number): Epoch => narrow(value, 1, UINT32, 'epoch') as Epoch;
export const sequence = (value: number): Sequence => narrow(value, 0, Number.MAX_SAFE_INTEGER, 'sequence') as Sequence;

/** The id of an order from the two words of a record. */
export function orderIdOf(low: number, high: number): OrderId {
  return orderId((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
}

/** A client order id of a lane; counter: 0 to 2^48 - 1. */
export function clientOrderIdOf(ofLane: Lane, counter: number): ClientOrderId {
  const checked = narrow(counter, 0, 2 ** 48 - 1, 'counter');
  return clientOrderId((BigInt(ofLane) << 48n) | BigInt(checked));
}

/** Low word of a 64-bit id, unsigned. */
export function lowWordOf(id: bigint): number {
  return Number(id & 0xffffffffn);
}

/** High word of a 64-bit id, unsigned. */
export function highWordOf(id: bigint): number {
  return Number((id >> 32n) & 0xffffffffn);
}

function narrow(value: number, least: number, most: number, what: string): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${what} ${value} is not a whole number from ${least} to ${most}`);
  }
  return value;
}

function wide(value: bigint, least: bigint, what: string): bigint {
  if (value < least || value > UINT64) throw new RangeError(`${what} ${value} is not from ${least} to ${UINT64}`);
  return value;
}
