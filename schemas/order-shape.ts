/**
 * What goes with what in a New whose codes are known: type, time in force, flags, and the fields that only some orders
 * have. Any thread; it allocates nothing.
 */

import { CommandFlag, OrderType, Reason, TimeInForce } from './codes.js';
import { COMMAND_DISPLAY_QUANTITY, COMMAND_FLAGS_WORD, COMMAND_KIND_WORD, COMMAND_MIN_QUANTITY } from './layout.js';

const FIELD_NOT_ZERO: number = Reason.FieldNotZero;
const BAD_TIME_IN_FORCE: number = Reason.BadTimeInForce;
const BAD_FLAGS: number = Reason.BadFlags;
const LIMIT: number = OrderType.Limit;
const ICEBERG: number = OrderType.Iceberg;
const MARKET_TO_LIMIT: number = OrderType.MarketToLimit;
const IMMEDIATE_OR_CANCEL: number = TimeInForce.ImmediateOrCancel;
const FILL_OR_KILL: number = TimeInForce.FillOrKill;
const GOOD_TILL_DATE: number = TimeInForce.GoodTillDate;
const POST_ONLY: number = CommandFlag.PostOnly;
const SLIDE: number = CommandFlag.Slide;

/** The New at word `at`, of `type`: a Reason, 0 when all is well. What a trigger asks for is looked at elsewhere. */
export function checkOrderShape(words: Int32Array, at: number, type: number, isStop: boolean): number {
  const timeInForce = (words[at + COMMAND_KIND_WORD] as number) >>> 24;
  const goesAtOnce = timeInForce === IMMEDIATE_OR_CANCEL || timeInForce === FILL_OR_KILL;
  if ((type === MARKET_TO_LIMIT || type === ICEBERG) && goesAtOnce) return BAD_TIME_IN_FORCE;
  if (isStop && timeInForce === FILL_OR_KILL) return BAD_TIME_IN_FORCE;
  if (type !== ICEBERG && words[at + COMMAND_DISPLAY_QUANTITY] !== 0) return FIELD_NOT_ZERO;
  const flags = (words[at + COMMAND_FLAGS_WORD] as number) >>> 16;
  if ((flags & (POST_ONLY | SLIDE)) !== 0) {
    if ((flags & POST_ONLY) === 0 || goesAtOnce || (type !== LIMIT && type !== ICEBERG)) return BAD_FLAGS;
  }
  // Only what trades at once has a least quantity; of a good-till-date it is the expiry.
  if (words[at + COMMAND_MIN_QUANTITY] === 0 || timeInForce === GOOD_TILL_DATE) return 0;
  return timeInForce === IMMEDIATE_OR_CANCEL && !isStop ? 0 : FIELD_NOT_ZERO;
}
