/**
 * Every size of the engine, its rings and its journal, in one place, with the relations between them.
 * Any thread. Memory is claimed from these at start and never grows: what is full answers with a reject code.
 * Pages that were never touched cost nothing, so the defaults are generous.
 */

export interface Limits {
  /** Orders that rest or are being matched at a time, in one shard. */
  readonly maxOrders: number;
  /** Of those, stops that wait for their trigger. */
  readonly maxStops: number;
  /** Of those, orders with a hidden part. */
  readonly maxSpecialOrders: number;
  /** Instruments of the whole venue: every shard knows the terms of all, so the ids are the same everywhere. */
  readonly maxInstruments: number;
  readonly maxAccounts: number;
  readonly maxKeys: number;
  readonly maxAssets: number;
  /** Purses of a shard: an account's of an asset. */
  readonly maxPurses: number;
  /** Holdings of a shard: an account's position in an instrument, made by its first order there and never given back. */
  readonly maxHoldings: number;
  /** Lanes (account and lane number) that have ever been opened: each keeps its last answers. */
  readonly maxLanes: number;
  /** Of those, how many one account may have: they are never given back, and nobody shall use up those of all. */
  readonly maxLanesPerAccount: number;
  /** Price levels with at least one order, over all books of a shard. */
  readonly maxLevels: number;
  /** Sides of books that can have a window of their own at a time; the others use the tree: right, but slower. */
  readonly ladderWindows: number;
  /** Ticks that a window covers: a power of two from 32 to 32,768 (three levels of 32-bit bitmaps). */
  readonly ladderTicks: number;
  /** Commands that wait for a Continue at a time. */
  readonly maxOperations: number;
  /** Events that one command makes at a time; one that needs more goes on by Continue. */
  readonly maxEventsPerCommand: number;
  /** Answers that a lane keeps for repeated client order ids; a session's window is never larger. */
  readonly laneAnswers: number;
  /** The log of admin records that gateways and supervisor read, one slot of a Command a record or Part. */
  readonly adminLogBytes: number;
  /** Slots of a ring from one producer to one shard, a power of two. */
  readonly commandRingSlots: number;
  /** Of those, how many only cancels may use, so that a flood of orders never makes a cancel BUSY. */
  readonly reservedCancelSlots: number;
  /** Slots of a shard's output ring, a power of two. */
  readonly outputRingSlots: number;
  /** Records (Parts included) that a shard takes in one round, so that no acknowledgement starves. */
  readonly roundCommands: number;
  /** Events of one round; a round takes no command without room for maxEventsPerCommand more. */
  readonly roundEvents: number;
  /** Producers of a shard: the supervisor and the gateways. */
  readonly maxRings: number;
  /** Bytes of one journal segment, a multiple of 4 KiB. */
  readonly segmentBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxOrders: 1 << 20,
  maxStops: 1 << 20,
  maxSpecialOrders: 1 << 18,
  maxInstruments: 100_000,
  maxAccounts: 65_536,
  maxKeys: 65_536,
  maxAssets: 4_096,
  maxPurses: 1 << 17,
  maxHoldings: 1 << 18,
  maxLanes: 4_096,
  maxLanesPerAccount: 256,
  maxLevels: 1 << 18,
  ladderWindows: 1_024,
  ladderTicks: 4_096,
  maxOperations: 1_024,
  maxEventsPerCommand: 4_096,
  laneAnswers: 4_096,
  adminLogBytes: 64 * 1024 * 1024,
  commandRingSlots: 8_192,
  reservedCancelSlots: 1_024,
  outputRingSlots: 65_536,
  roundCommands: 1_024,
  roundEvents: 16_384,
  maxRings: 17,
  segmentBytes: 64 * 1024 * 1024,
};

/** A configuration that cannot work; `message` is one sentence for whoever wrote it. */
export class LimitsError extends Error {
  readonly code = 'LIMITS';
  readonly canRetry = false;
}

/** The smallest room a command may have: its first event, one pair of fills, one event that ends it. */
const MIN_EVENTS_PER_COMMAND = 4;

const BLOCK_BYTES = 4096;
const COMMAND_RECORD_BYTES = 64;
const EVENT_RECORD_BYTES = 96;
/** Words of one kept answer (matching/lane-words.ts). */
const ANSWER_WORDS = 17;
/** A head and its Parts are taken together or not at all. */
const MAX_RECORDS_TOGETHER = 33;

/** The most orders of a shard: a slot has 24 bits (SLOT_MASK). */
export const MOST_ORDERS = 2 ** 24 - 1;

/** The most price levels of a shard: a level has 21 bits (LEVEL_MASK). */
export const MOST_LEVELS = 2 ** 21 - 1;

/**
 * The largest quantity that an instrument may allow to an order. All orders of a shard together stay below 2^53 with it,
 * so a double holds their sum exactly; above it an auction could find a volume that is not there. Up to 2^21 orders it
 * is every quantity there is.
 */
export function mostQuantity(maxOrders: number): number {
  return Math.min(0xffffffff, Math.floor(Number.MAX_SAFE_INTEGER / maxOrders));
}

/** Smallest and largest value of each, both allowed. */
const BOUNDS: { readonly [name in keyof Limits]: readonly [number, number] } = {
  maxOrders: [1, MOST_ORDERS],
  maxStops: [1, MOST_ORDERS],
  maxSpecialOrders: [1, MOST_ORDERS],
  maxInstruments: [1, 1 << 24],
  maxAccounts: [1, 1 << 24],
  maxKeys: [1, 1 << 24],
  maxAssets: [1, 1 << 16],
  maxPurses: [1, 1 << 21],
  maxHoldings: [1, 1 << 21],
  maxLanes: [1, 1 << 16],
  maxLanesPerAccount: [1, 1 << 16],
  maxLevels: [1, MOST_LEVELS],
  ladderWindows: [0, 1 << 20],
  ladderTicks: [32, 32_768],
  maxOperations: [1, 1_024],
  maxEventsPerCommand: [MIN_EVENTS_PER_COMMAND, 1 << 16],
  laneAnswers: [1, 1 << 16],
  adminLogBytes: [COMMAND_RECORD_BYTES * MAX_RECORDS_TOGETHER, 1 << 30],
  commandRingSlots: [64, 1 << 22],
  reservedCancelSlots: [1, 1 << 21],
  outputRingSlots: [16, 1 << 22],
  roundCommands: [MAX_RECORDS_TOGETHER, 1 << 16],
  roundEvents: [MIN_EVENTS_PER_COMMAND, 1 << 20],
  maxRings: [1, 257],
  segmentBytes: [BLOCK_BYTES * 2, 1 << 30],
};

const POWERS_OF_TWO: readonly (keyof Limits)[] = ['ladderTicks', 'commandRingSlots', 'outputRingSlots'];

/** Elements of one typed array that an engine may be asked to claim. */
const MAX_ELEMENTS = 2 ** 31 - 1;

function refuse(sentence: string): never {
  throw new LimitsError(sentence);
}

/**
 * The limits that decide what the engine answers: a journal replays to its own events under the same ones only.
 * The others are sizes of rings, windows and files.
 */
export const ANSWER_LIMITS = [
  'maxOrders',
  'maxStops',
  'maxSpecialOrders',
  'maxInstruments',
  'maxAccounts',
  'maxKeys',
  'maxAssets',
  'maxPurses',
  'maxHoldings',
  'maxLanes',
  'maxLanesPerAccount',
  'maxLevels',
  'maxOperations',
  'maxEventsPerCommand',
  'laneAnswers',
  'adminLogBytes',
] as const satisfies readonly (keyof Limits)[];

/**
 * The default limits with some replaced; an account gets no more lanes, stops and special orders no more room, and
 * holdings and purses no more than there can be. Throws a LimitsError with one sentence when a value is unknown, is not a
 * whole number, lies out of its bounds or does not fit the others.
 */
export function limitsFrom(overrides: Partial<Limits>): Limits {
  for (const name of Object.keys(overrides)) {
    if (!(name in BOUNDS)) refuse(`There is no limit named ${name}.`);
  }
  const { maxLanes = DEFAULT_LIMITS.maxLanes, maxOrders = DEFAULT_LIMITS.maxOrders } = overrides;
  const maxStops = Math.min(DEFAULT_LIMITS.maxStops, maxOrders);
  const maxSpecialOrders = Math.min(DEFAULT_LIMITS.maxSpecialOrders, maxOrders);
  const maxLanesPerAccount = Math.min(DEFAULT_LIMITS.maxLanesPerAccount, maxLanes);
  const { maxAccounts = DEFAULT_LIMITS.maxAccounts, maxAssets = DEFAULT_LIMITS.maxAssets } = overrides;
  const { maxInstruments = DEFAULT_LIMITS.maxInstruments } = overrides;
  const maxHoldings = Math.min(DEFAULT_LIMITS.maxHoldings, maxAccounts * maxInstruments);
  const maxPurses = Math.min(DEFAULT_LIMITS.maxPurses, maxAccounts * maxAssets);
  const derived = { maxLanesPerAccount, maxStops, maxSpecialOrders, maxHoldings, maxPurses };
  const limits: Limits = { ...DEFAULT_LIMITS, ...derived, ...overrides };
  for (const name of Object.keys(BOUNDS) as (keyof Limits)[]) {
    const value = limits[name];
    const [smallest, largest] = BOUNDS[name];
    if (!Number.isSafeInteger(value) || value < smallest || value > largest) {
      refuse(`The limit ${name} must be a whole number from ${smallest} to ${largest}, it is ${value}.`);
    }
  }
  for (const name of POWERS_OF_TWO) {
    const value = limits[name];
    if ((value & (value - 1)) !== 0) refuse(`The limit ${name} must be a power of two, it is ${value}.`);
  }
  checkRelations(limits);
  return limits;
}

/** The largest group that a round can make, in bytes: the header's block, commands, events, rounded up to blocks. */
export function maxGroupBytes(limits: Limits): number {
  const payload = limits.roundCommands * COMMAND_RECORD_BYTES + limits.roundEvents * EVENT_RECORD_BYTES;
  return BLOCK_BYTES + Math.ceil(payload / BLOCK_BYTES) * BLOCK_BYTES;
}

function checkRelations(limits: Limits): void {
  if (limits.maxLevels > limits.maxOrders) {
    refuse(`maxLevels (${limits.maxLevels}) above maxOrders (${limits.maxOrders}) can never be used.`);
  }
  if (limits.maxStops > limits.maxOrders) {
    refuse(`maxStops (${limits.maxStops}) above maxOrders (${limits.maxOrders}) can never be used.`);
  }
  if (limits.maxSpecialOrders > limits.maxOrders) {
    refuse(`maxSpecialOrders (${limits.maxSpecialOrders}) above maxOrders (${limits.maxOrders}) can never be used.`);
  }
  if (limits.maxLanesPerAccount > limits.maxLanes) {
    refuse(`maxLanesPerAccount (${limits.maxLanesPerAccount}) above maxLanes (${limits.maxLanes}) can never be used.`);
  }
  if (limits.reservedCancelSlots > limits.commandRingSlots / 2) {
    refuse(`reservedCancelSlots (${limits.reservedCancelSlots}) must be at most half of commandRingSlots.`);
  }
  if (limits.laneAnswers * limits.maxLanes * ANSWER_WORDS > MAX_ELEMENTS) {
    refuse(`maxLanes times laneAnswers (${limits.maxLanes * limits.laneAnswers}) is more than one array can hold.`);
  }
  if (limits.ladderWindows * limits.ladderTicks > MAX_ELEMENTS) {
    refuse('ladderWindows times ladderTicks is more than one array can hold.');
  }
  // Otherwise a command could wait for ever for room that the ring or the round never has.
  if (limits.roundEvents < limits.maxEventsPerCommand) {
    refuse(`roundEvents (${limits.roundEvents}) must be at least maxEventsPerCommand (${limits.maxEventsPerCommand}).`);
  }
  // A reader whose lag passes three quarters of the ring is dropped: one round alone must not bring it there.
  if (limits.outputRingSlots < limits.roundEvents * 2) {
    refuse(`outputRingSlots (${limits.outputRingSlots}) must be at least twice roundEvents (${limits.roundEvents}).`);
  }
  if (limits.adminLogBytes % COMMAND_RECORD_BYTES !== 0) {
    refuse(`adminLogBytes (${limits.adminLogBytes}) must be a multiple of ${COMMAND_RECORD_BYTES}.`);
  }
  if (limits.segmentBytes % BLOCK_BYTES !== 0) {
    refuse(`segmentBytes (${limits.segmentBytes}) must be a multiple of ${BLOCK_BYTES}.`);
  }
  // Room for the segment's own header, the largest group, a start record and the seal.
  if (limits.segmentBytes < maxGroupBytes(limits) + BLOCK_BYTES * 4) {
    refuse(`segmentBytes (${limits.segmentBytes}) must hold the largest group of ${maxGroupBytes(limits)} bytes.`);
  }
}

checkRelations(DEFAULT_LIMITS);
