/**
 * The bytes of the three things that threads share: command ring, output ring, doorbell.
 * Any thread. Nothing here waits, allocates on a hot path or knows what a record means.
 *
 * Rules that all of them keep:
 *  - One writer per word, for ever: no compare-and-swap on a ring. What the two sides write lies on lines of their own,
 *    128 bytes apart (two cache lines: the hardware fetches them in pairs), so that they never take a line from each other.
 *  - Payload moves by plain stores and loads; one Atomics.store of an Int32 publishes a whole batch. (Int64 atomics would
 *    allocate a BigInt each.)
 *  - A position counts modulo 2^32 and is compared as `(a - b) | 0`. It is kept as an int32 inside and handed out as an
 *    unsigned number, so that every negative return is a code. Slots are a power of two: slot = position & (slots - 1).
 *
 * Command ring: one producer (a gateway or the supervisor), one consumer (a shard).
 *
 *   byte 0     128           256           384
 *   ┌──────────┬─────────────┬─────────────┬─────────┬─────────┬─ ─ ─
 *   │ slots    │ published   │ released    │ slot 0  │ slot 1  │         64 bytes a slot: one Command
 *   └──────────┴─────────────┴─────────────┴─────────┴─────────┴─ ─ ─
 *     at birth    producer      consumer
 *
 *   released <= read (consumer's own) <= published <= claimed (producer's own) <= released + slots
 *   A position here is the number of records before it: `published` is where the next record will go.
 *
 * Output ring: one writer (a shard), up to `readers` readers (gateways), each with a cursor of its own.
 *
 *   byte 0       128          256 + 256r       384 + 256r       256 + 256 × readers
 *   ┌────────────┬────────────┬────────────────┬────────────────┬─────────┬─ ─ ─
 *   │ slots      │ claim      │ cursor         │ generation     │ slot 0  │   96 bytes a slot: one Event
 *   │ readers    │ matched    │ joined         │                │         │
 *   │            │ durable    │ copied         │                │         │
 *   │            │ epoch      │ wants matched  │                │         │
 *   └────────────┴────────────┴────────────────┴────────────────┴─────────┴─ ─ ─
 *     at birth      writer      reader r         writer, for r
 *
 *   The event with sequence s has position s modulo 2^32 and lies in slot s & (slots - 1). Every word is INCLUSIVE:
 *   `durable` = 7 says that 7 may be read, `cursor` = 7 that 8 is next; a ring whose shard never made an event has 0s.
 *   cursor <= durable <= matched <= claim <= cursor + slots, for each live reader (one that reads up to `matched` may
 *   stand past durable). A reader is live while its `joined` equals its `generation`; generations are never 0.
 *
 * Doorbell: one word for a consumer, alone on its line; producers of any number.
 *
 *   byte 0                128
 *   ┌──────────────────────┐
 *   │ 0 awake, 1 sleeping  │   consumer stores both, whoever rings changes 1 to 0
 *   └──────────────────────┘
 */

/** Counters of two sides are this far apart. */
const LINE_WORDS = 32;
export const LINE_BYTES = LINE_WORDS * 4;

export const COMMAND_RING_SLOTS = 0;
export const COMMAND_RING_PUBLISHED = LINE_WORDS;
export const COMMAND_RING_RELEASED = 2 * LINE_WORDS;
export const COMMAND_RING_DATA = 3 * LINE_WORDS;

export const OUTPUT_RING_SLOTS = 0;
export const OUTPUT_RING_READERS = 1;
export const OUTPUT_RING_CLAIM = LINE_WORDS;
export const OUTPUT_RING_MATCHED = LINE_WORDS + 1;
export const OUTPUT_RING_DURABLE = LINE_WORDS + 2;
export const OUTPUT_RING_EPOCH = LINE_WORDS + 3;

const OUTPUT_RING_READER = 2 * LINE_WORDS;
const OUTPUT_RING_READER_WORDS = 2 * LINE_WORDS;

/** Word of reader `reader`: the last position that it has copied and checked. */
export function outputCursorWord(reader: number): number {
  return OUTPUT_RING_READER + reader * OUTPUT_RING_READER_WORDS;
}

/** Word of reader `reader`: the generation in which it reads; 0 when it does not. */
export function outputJoinedWord(reader: number): number {
  return outputCursorWord(reader) + 1;
}

/** Word of reader `reader`: stored between its copy and its check; nobody needs the value, only the order. */
export function outputCopiedWord(reader: number): number {
  return outputCursorWord(reader) + 2;
}

/** Word of reader `reader`: 1 while it wants to be woken for what is matched, too; else for what is durable only. */
export function outputWantsMatchedWord(reader: number): number {
  return outputCursorWord(reader) + 3;
}

/** Word that the writer keeps for reader `reader`. */
export function outputGenerationWord(reader: number): number {
  return outputCursorWord(reader) + LINE_WORDS;
}

/** First word of slot 0 of an output ring with so many readers. */
export function outputDataWord(readers: number): number {
  return OUTPUT_RING_READER + readers * OUTPUT_RING_READER_WORDS;
}

/** Both rings stay below 2^31 bytes and far below 2^31 positions, so that `(a - b) | 0` never lies. */
const MAX_SLOTS = 1 << 24;

/** Throws unless `slots` is a power of two from 2 to 2^24. */
export function assertSlots(slots: number): void {
  if (!Number.isInteger(slots) || slots < 2 || slots > MAX_SLOTS || (slots & (slots - 1)) !== 0) {
    throw new Error(`A ring has a power of two of slots, from 2 to ${MAX_SLOTS}, not ${slots}.`);
  }
}

/** Below this many words a loop is quicker than making the two views that `set` wants. */
const LOOP_WORDS = 160;

/** Copies `count` words. The two arrays never overlap. */
export function copyWords(
  target: Int32Array,
  targetAt: number,
  source: Int32Array,
  sourceAt: number,
  count: number,
): void {
  if (count > LOOP_WORDS) {
    target.set(source.subarray(sourceAt, sourceAt + count), targetAt);
    return;
  }
  for (let word = 0; word < count; word++) {
    target[targetAt + word] = source[sourceAt + word] as number;
  }
}

/** The exact sequence (a double) nearest to `near` whose position is `position`: how a ring's word becomes a sequence. */
export function sequenceNear(position: number, near: number): number {
  return near + ((position - near) | 0);
}
