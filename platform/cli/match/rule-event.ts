/**
 * An event as text in the language of rule tables, and how what a table expects is compared with what came. Any thread.
 */

import type { PlainObject } from '../journal/record-objects.js';
import type { MatchVenue } from './match-venue.js';

/** Fields that say where an event stands, not what happened; ids of 64 bits are said by the order's id. */
const UNSAID = [
  'sequence',
  'commandSequence',
  'timeUs',
  'kind',
  'account',
  'accountSequence',
  'lane',
  'id',
  'clientOrderId',
  'orderId',
  'session',
  'quantity',
  'price',
  'side',
  'reason',
  'liquidity',
  'phase',
  'endOfCommand',
];
/** Kinds whose related id is a client order id, but for OneCancelledOther. */
const RELATED_TO_ID = ['Reduced', 'Replaced', 'Cancelled', 'OrderState'];
const LANE_SHIFT = 48n;
const COUNTER_MASK = 0xffff_ffff_ffffn;

/** None is null in a table; a bit that is not set is missing in an event; an id of 64 bits is a text there. */
export function sameValue(expected: unknown, came: unknown): boolean {
  return (
    (expected ?? null) === (came ?? null) || (expected === false && came === undefined) || String(expected) === came
  );
}

/** The event as a table would expect it, with everything that it says. */
export function eventText(venue: MatchVenue, event: PlainObject): string {
  const words: unknown[] = [event.kind];
  if (event.account !== undefined) {
    const name = venue.accountName(event.account);
    // A number alone would be a quantity.
    const lane = event.lane ?? 1;
    if (/^\d+$/.test(name)) words.push(`account=${name}`, `lane=${lane}`);
    else words.push(`${name}${lane === 1 || event.account === 0 ? '' : `/${lane}`}`);
  }
  if (event.id !== undefined && event.id !== 0) words.push(`#${event.id}`);
  if (event.side !== undefined && event.kind !== 'Rejected') words.push(String(event.side).toLowerCase());
  if (event.quantity !== undefined) words.push(event.quantity);
  if (event.price !== undefined) words.push('@', event.price ?? 'none');
  for (const name of ['phase', 'reason', 'liquidity']) if (event[name] !== undefined) words.push(event[name]);
  for (const [name, value] of Object.entries(event)) {
    if (UNSAID.includes(name) || value === 0 || value === '0') continue;
    if (value === true) words.push(name);
    else if (name === 'whose') words.push(`whose=${venue.accountName(value)}`);
    else if (name === 'asset') words.push(`asset=${venue.assetName(value)}`);
    else if (name === 'instrument') words.push(`instrument=${venue.instrumentName(value)}`);
    else if (name === 'relatedId' && event.reason === 'OneCancelledOther') {
      words.push(`relatedId=${venue.enteredAs(value)}`);
    } else if (name === 'relatedId' && RELATED_TO_ID.includes(String(event.kind))) {
      const id = BigInt(String(value));
      const lane = id >> LANE_SHIFT;
      const whose = lane === BigInt(Number(event.lane)) ? '' : `${venue.accountName(event.account)}/${lane}`;
      words.push(`relatedId=${whose}#${id & COUNTER_MASK}`);
    } else words.push(`${name}=${value}`);
  }
  return words.join(' ');
}
