/** Numbers as people read them: ticks and lots with their decimals, times, durations. Any thread. */

/** What stands where there is no number. */
export const NO_NUMBER = '–';

/** What has more is long. */
const LONG_CHARACTERS = 7;

/** A whole number of 10^-decimals, exactly: 183450 with 2 is 1834.50. NaN: NO_NUMBER. */
export function decimalText(whole: number, decimals: number): string {
  if (Number.isNaN(whole)) return NO_NUMBER;
  const sign = whole < 0 ? '−' : '';
  const digits = String(Math.abs(whole));
  if (decimals === 0) return sign + digits;
  const padded = digits.padStart(decimals + 1, '0');
  return `${sign}${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`;
}

/** Whether a table's cell must write it smaller. */
export function isLong(text: string): boolean {
  return text.length > LONG_CHARACTERS;
}

/** With a comma between groups of three: 20,000. */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** µs as milliseconds: 0.42 ms. NaN: NO_NUMBER. */
export function durationText(us: number): string {
  if (Number.isNaN(us)) return NO_NUMBER;
  const ms = us / 1000;
  return `${ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : String(Math.round(ms))} ms`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** The clock on the wall at a time in ms since 1970: 14:03:59. */
export function clockText(ms: number): string {
  const date = new Date(ms);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The same with its milliseconds: 14:03:59.120. */
export function exactClockText(ms: number): string {
  return `${clockText(ms)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}`;
}
