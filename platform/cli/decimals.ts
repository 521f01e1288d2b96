/**
 * Prices and quantities as people write them: an instrument with two price decimals shows 1005 ticks as 10.05, and takes
 * 10.05 for them. On the wire, in the journal and in JSON they are whole ticks and lots. Any thread.
 */

import { EXIT_CONFIGURATION, PlatformError } from '../exit-codes.js';

export function shownDecimal(value: number, decimals: number): string {
  if (decimals === 0) return String(value);
  const digits = String(Math.abs(value)).padStart(decimals + 1, '0');
  return `${value < 0 ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** Throws a PlatformError where the text has more decimals than there are. */
export function takenDecimal(text: string, decimals: number, what: string): number {
  const [whole = '', fraction = ''] = text.split('.');
  if (fraction.length > decimals) {
    throw new PlatformError(
      'TOO_MANY_DECIMALS',
      EXIT_CONFIGURATION,
      `${what} ${text} has ${fraction.length} ${fraction.length === 1 ? 'decimal' : 'decimals'}, this instrument has ${decimals}: give it with fewer.`,
    );
  }
  return Number(whole + fraction.padEnd(decimals, '0'));
}
