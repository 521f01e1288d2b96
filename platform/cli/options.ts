/**
 * The options that several commands share, and the values that they take. Main thread.
 */

import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

export const SIDES = ['Buy', 'Sell'] as const;

const DEFAULT_URL = 'ws://127.0.0.1:7400';
const DEFAULT_KEY = 'data/admin-key.json';
const DEFAULT_DATA = 'data';
const MAX_LANE = 0xffff;
const MAX_NAME_BYTES = 64;
/** Lanes are never given back, and two commands at a time need one each: a few, away from those of programs. */
const FIRST_LANE = 60_000;
const LANES = 16;

export const urlOption = () =>
  new Option('--url <address>', 'the venue').env('TREDYE_URL').default(DEFAULT_URL as string);

export const keyOption = () =>
  new Option('--key <file>', 'the key to log on with').env('TREDYE_KEY').default(DEFAULT_KEY as string);

export const dataOption = () =>
  new Option('--data <directory>', "the venue's data directory on this machine")
    .env('TREDYE_DATA')
    .default(DEFAULT_DATA as string);

export const laneOption = () =>
  new Option('--lane <number>', `0 to ${MAX_LANE}: a live session of the same key and lane is closed by this one`)
    .argParser(wholeNumber(0, MAX_LANE))
    .default(FIRST_LANE + (process.pid % LANES), `one of ${FIRST_LANE} to ${FIRST_LANE + LANES - 1}`);

export const whyOption = () =>
  new Option('--why <text>', 'for the audit trail, at most 200 bytes: tredye audit shows it');

export const jsonOption = () => new Option('--json', 'print JSON');

/** What commander refuses with, completed by the name of the argument. */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
  };
}

/** One of the names, in any case. */
export function oneOf<Name extends string>(names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const found = names.find((name) => name.toLowerCase() === text.toLowerCase());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It must be one of ${names.join(', ')}.`);
  };
}

/** The symbol of a new instrument. */
export function newSymbol(text: string): string {
  if (/^[\w.\-/]{1,32}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 32 of A-Z a-z 0-9 . _ - /.');
}

/** The rows of a tick table, prices and ticks as text. */
export function tickRows(text: string): [from: string, tick: string][] {
  return text.split(',').map((row) => {
    const [, from, tick] = /^(-?\d{1,15}(?:\.\d{1,9})?):(\d{1,15}(?:\.\d{1,9})?)$/.exec(row) ?? [];
    if (from !== undefined && tick !== undefined) return [from, tick];
    throw new InvalidArgumentError('It must be rows of a price and a tick like 0.01:0.01,1:0.05.');
  });
}

/** A name that the venue keeps, of so many bytes at least. */
export function nameOf(least: 0 | 1): (text: string) => string {
  return (text) => {
    const bytes = Buffer.byteLength(text);
    if (bytes >= least && bytes <= MAX_NAME_BYTES) return text;
    throw new InvalidArgumentError(`It must have ${least} to ${MAX_NAME_BYTES} bytes.`);
  };
}

/** An id of 64 bits, decimal. */
export function wideId(text: string): bigint {
  if (/^\d{1,20}$/.test(text)) {
    const id = BigInt(text);
    if (id <= 0xffff_ffff_ffff_ffffn) return id;
  }
  throw new InvalidArgumentError('It must be the id of an order, a whole number below 2^64.');
}

/** A time like 2026-11-30T17:30:00Z, in seconds since 1970. */
export function expirySeconds(text: string): number {
  const seconds = Date.parse(text) / 1000;
  if (/^\d{4}-\d\d-\d\d/.test(text) && seconds >= 0 && Number.isSafeInteger(seconds)) return seconds;
  throw new InvalidArgumentError('It must be a time of whole seconds such as 2026-11-30T17:30:00Z.');
}

/** A number as people write it, with a point. */
export function decimalText(text: string): string {
  if (/^-?\d{1,10}(\.\d{1,9})?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a number such as 101 or 100.25.');
}
