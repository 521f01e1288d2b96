/**
 * The codes of the records and frames under one name each; records.fbs and its sisters are the source. Any thread.
 * Hot code copies the members it needs into constants of its module: a property of an enum object is a load.
 */

export { AckLevel } from './generated/ack-level.js';
export { Channel } from './generated/channel.js';
export { CommandFlag } from './generated/command-flag.js';
export { CommandKind } from './generated/command-kind.js';
export { EventBit } from './generated/event-bit.js';
export { EventKind } from './generated/event-kind.js';
export { Liquidity } from './generated/liquidity.js';
export { OrderType } from './generated/order-type.js';
export { Phase } from './generated/phase.js';
export { Reason } from './generated/reason.js';
export { Right } from './generated/right.js';
export { SelfTrade } from './generated/self-trade.js';
export { Side } from './generated/side.js';
export { StatusCode } from './generated/status-code.js';
export { StreamMode } from './generated/stream-mode.js';
export { TimeInForce } from './generated/time-in-force.js';
export { Trigger } from './generated/trigger.js';
