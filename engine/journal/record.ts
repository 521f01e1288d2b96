/**
 * The bytes of the journal: segment header, group, start record, seal. Pure functions over buffers, any thread.
 * Everything lies at a multiple of 4096 bytes and fills whole pages, so that no record shares a block with another and
 * a torn write never touches what was acknowledged. Numbers are little-endian; the machine is (schemas/layout.ts).
 *
 *   Record header, 256 bytes = 64 words                     Segment header, 4096 bytes, first in its file
 *    0 magic                                                 0 magic, two words
 *    1 CRC-32 (below)                                        2 CRC-32 of what follows, to byte 4096
 *    2 length in bytes, whole record with its padding        3 version of this format
 *    3 kind: group 1, start 2, seal 3                        4 shard   5 number of shards
 *    4 shard                  5 epoch                        6 epoch in force where the segment begins
 *    6 first command sequence (two words)                    7 segment number, from 1
 *    8 first event sequence (two words)                      8 first command sequence (two words)
 *   10 command count         11 event count                 10 first event sequence (two words)
 *   12 schema version | behaviour version << 16             12 bytes of the segment
 *   13 command bytes | event bytes << 16                    13 schema version | behaviour version << 16
 *   14 ring count            15 zero                        14 command bytes | event bytes << 16
 *   16 the platform's start id (two words)                  16 seal of the segment before, 32 bytes (zeros: none)
 *   18 for each ring the position taken, up to 46 rings
 *
 *   Group: header, commands (64 bytes each), events (96 bytes each), zeros to the page's end.
 *   Start: header with no records; word 64 the epoch before, 65 the last event sequence of that epoch (two words).
 *   Seal:  header with no records; from word 64 on SHA-256 of the segment's bytes before the seal, and the seal before.
 *
 * The CRC-32 covers (shard, EXPECTED epoch, EXPECTED first command and first event sequence) and then the record from
 * its length to its end. The expected values are the reader's, never the record's own: a stale record of a recycled
 * segment, whole and with a good checksum of its own, does not verify where another record is due. Only a start record
 * brings its own epoch, and only one above the reader's.
 */

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { COMMAND_BYTES, EVENT_BYTES, highWord, joinWords } from '../../schemas/layout.js';

export const PAGE_BYTES = 4096;
export const RECORD_HEADER_BYTES = 256;
const RECORD_HEADER_WORDS = RECORD_HEADER_BYTES / 4;
export const SEAL_BYTES = 32;
/** Rings that a record header has room for. */
export const MAX_RECORD_RINGS = RECORD_HEADER_WORDS - 18;
/** No record is longer; a length beyond it is not one of ours. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

const FORMAT_VERSION = 1;
/** Version of the records' meaning, raised with schemas/. */
const SCHEMA_VERSION = 1;
/** Raised whenever the engine makes other events from the same commands: a journal replays on its own behaviour only. */
const BEHAVIOUR_VERSION = 8;
export const VERSION_WORD = SCHEMA_VERSION | (BEHAVIOUR_VERSION << 16);
const RECORD_SIZES_WORD = COMMAND_BYTES | (EVENT_BYTES << 16);

export const RECORD_GROUP = 1;
export const RECORD_START = 2;
export const RECORD_SEAL = 3;

const MAGIC = 0x52594454; // "TDYR"
const SEGMENT_MAGIC_LOW = 0x53594454; // "TDYS"
const SEGMENT_MAGIC_HIGH = 0x314d4745; // "EGM1"

const AT_MAGIC = 0;
const AT_CRC = 1;
const AT_LENGTH = 2;
const AT_KIND = 3;
const AT_SHARD = 4;
const AT_EPOCH = 5;
const AT_FIRST_COMMAND = 6;
const AT_FIRST_EVENT = 8;
const AT_COMMAND_COUNT = 10;
const AT_EVENT_COUNT = 11;
const AT_VERSIONS = 12;
const AT_SIZES = 13;
const AT_RING_COUNT = 14;
const AT_START_ID = 16;
const AT_RINGS = 18;
const AT_PAYLOAD = RECORD_HEADER_WORDS;

/** What stands at a place: shard, epoch and the two sequences that are due there. All exact integers. */
export interface Expected {
  shard: number;
  epoch: number;
  commandSequence: number;
  eventSequence: number;
}

/** Header fields beyond what is expected. `ringPositions` are unsigned 32-bit positions, one for each ring. */
export interface GroupOrigin {
  readonly platformStartId: number;
  readonly ringPositions: Uint32Array;
}

const prefix = new Uint32Array(6);
const prefixBytes = new Uint8Array(prefix.buffer);

/** CRC-32 of the record at `at`, of `length` bytes, as it must be where `expected` is due. */
export function recordChecksum(bytes: Uint8Array, at: number, length: number, expected: Expected): number {
  prefix[0] = expected.shard;
  prefix[1] = expected.epoch;
  prefix[2] = expected.commandSequence >>> 0;
  prefix[3] = highWord(expected.commandSequence);
  prefix[4] = expected.eventSequence >>> 0;
  prefix[5] = highWord(expected.eventSequence);
  return crc32(bytes.subarray(at + AT_LENGTH * 4, at + length), crc32(prefixBytes));
}

/** Bytes of a group with so many records, padding included. */
export function groupBytes(commandCount: number, eventCount: number): number {
  return pageAligned(RECORD_HEADER_BYTES + commandCount * COMMAND_BYTES + eventCount * EVENT_BYTES);
}

export function pageAligned(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

function fillHeader(words: Int32Array, kind: number, length: number, expected: Expected, origin: GroupOrigin | null) {
  words.fill(0, 0, RECORD_HEADER_WORDS);
  words[AT_MAGIC] = MAGIC;
  words[AT_LENGTH] = length;
  words[AT_KIND] = kind;
  words[AT_SHARD] = expected.shard;
  words[AT_EPOCH] = expected.epoch;
  words[AT_FIRST_COMMAND] = expected.commandSequence;
  words[AT_FIRST_COMMAND + 1] = highWord(expected.commandSequence);
  words[AT_FIRST_EVENT] = expected.eventSequence;
  words[AT_FIRST_EVENT + 1] = highWord(expected.eventSequence);
  words[AT_VERSIONS] = VERSION_WORD;
  words[AT_SIZES] = RECORD_SIZES_WORD;
  if (origin !== null) {
    const rings = origin.ringPositions;
    words[AT_RING_COUNT] = rings.length;
    words[AT_START_ID] = origin.platformStartId;
    words[AT_START_ID + 1] = highWord(origin.platformStartId);
    for (let ring = 0; ring < rings.length; ring += 1) {
      words[AT_RINGS + ring] = rings[ring] ?? 0;
    }
  }
}

/**
 * Writes a group's header at the front of `words` (a view whose first word is the group's) and closes it with the
 * checksum. Commands, events and zeroed padding must already lie behind it; `bytes` views the same memory. The group's
 * length in bytes.
 */
export function closeGroup(
  words: Int32Array,
  bytes: Uint8Array,
  expected: Expected,
  commandCount: number,
  eventCount: number,
  origin: GroupOrigin,
): number {
  const length = groupBytes(commandCount, eventCount);
  fillHeader(words, RECORD_GROUP, length, expected, origin);
  words[AT_COMMAND_COUNT] = commandCount;
  words[AT_EVENT_COUNT] = eventCount;
  words[AT_CRC] = recordChecksum(bytes, 0, length, expected);
  return length;
}

/** A start record: one page. `expected.epoch` is the NEW epoch, the sequences are the next ones. */
export function startRecord(expected: Expected, previousEpoch: number, platformStartId: number): Uint8Array {
  const words = new Int32Array(PAGE_BYTES / 4);
  const bytes = new Uint8Array(words.buffer);
  fillHeader(words, RECORD_START, PAGE_BYTES, expected, { platformStartId, ringPositions: new Uint32Array(0) });
  const lastEvent = expected.eventSequence - 1;
  words[AT_PAYLOAD] = previousEpoch;
  words[AT_PAYLOAD + 1] = lastEvent;
  words[AT_PAYLOAD + 2] = highWord(lastEvent);
  words[AT_CRC] = recordChecksum(bytes, 0, PAGE_BYTES, expected);
  return bytes;
}

/** A seal: one page, the last record of its segment. Both hashes are 32 bytes. */
export function sealRecord(expected: Expected, content: Uint8Array, previousSeal: Uint8Array): Uint8Array {
  const words = new Int32Array(PAGE_BYTES / 4);
  const bytes = new Uint8Array(words.buffer);
  fillHeader(words, RECORD_SEAL, PAGE_BYTES, expected, null);
  bytes.set(content, AT_PAYLOAD * 4);
  bytes.set(previousSeal, AT_PAYLOAD * 4 + SEAL_BYTES);
  words[AT_CRC] = recordChecksum(bytes, 0, PAGE_BYTES, expected);
  return bytes;
}

/** The link of the chain: what the next segment's header names, and what its own seal includes. */
export function sealOf(content: Uint8Array, previousSeal: Uint8Array): Uint8Array {
  return createHash('sha256').update(content).update(previousSeal).digest();
}

/**
 * Why the bytes at a place are not the record that is due: `empty` is a page of zeros' start, `foreign` has not our
 * magic, `length` a length that its counts do not give, `unexpected` another shard, epoch or sequence than is due
 * (stale, or ahead), `checksum` the rest, a torn record among it.
 */
export type RecordVerdict = 'ok' | 'empty' | 'foreign' | 'length' | 'unexpected' | 'checksum';

/** A record's header, read without any trust. */
export class RecordHeader {
  length = 0;
  kind = 0;
  shard = 0;
  epoch = 0;
  firstCommandSequence = 0;
  firstEventSequence = 0;
  commandCount = 0;
  eventCount = 0;
  versions = 0;
  sizes = 0;
  ringCount = 0;
  platformStartId = 0;

  /** Reads the 64 words at `at`; 'ok' says only that length and counts go together. */
  read(words: Int32Array, at: number): RecordVerdict {
    const magic = words[at + AT_MAGIC] ?? 0;
    if (magic !== MAGIC) {
      return magic === 0 ? 'empty' : 'foreign';
    }
    this.length = (words[at + AT_LENGTH] ?? 0) >>> 0;
    this.kind = (words[at + AT_KIND] ?? 0) >>> 0;
    this.shard = (words[at + AT_SHARD] ?? 0) >>> 0;
    this.epoch = (words[at + AT_EPOCH] ?? 0) >>> 0;
    this.firstCommandSequence = joinWords(words[at + AT_FIRST_COMMAND] ?? 0, words[at + AT_FIRST_COMMAND + 1] ?? 0);
    this.firstEventSequence = joinWords(words[at + AT_FIRST_EVENT] ?? 0, words[at + AT_FIRST_EVENT + 1] ?? 0);
    this.commandCount = (words[at + AT_COMMAND_COUNT] ?? 0) >>> 0;
    this.eventCount = (words[at + AT_EVENT_COUNT] ?? 0) >>> 0;
    this.versions = words[at + AT_VERSIONS] ?? 0;
    this.sizes = words[at + AT_SIZES] ?? 0;
    this.ringCount = (words[at + AT_RING_COUNT] ?? 0) >>> 0;
    this.platformStartId = joinWords(words[at + AT_START_ID] ?? 0, words[at + AT_START_ID + 1] ?? 0);
    const single = this.kind === RECORD_START || this.kind === RECORD_SEAL;
    if (single ? this.commandCount !== 0 || this.eventCount !== 0 : this.kind !== RECORD_GROUP) {
      return 'length';
    }
    const length = single ? PAGE_BYTES : groupBytes(this.commandCount, this.eventCount);
    return this.length === length && length <= MAX_RECORD_BYTES && this.ringCount <= MAX_RECORD_RINGS ? 'ok' : 'length';
  }

  /** Whether this header names what is due; a start record may name any higher epoch. */
  fits(expected: Expected): boolean {
    return (
      this.shard === expected.shard &&
      this.firstCommandSequence === expected.commandSequence &&
      this.firstEventSequence === expected.eventSequence &&
      (this.kind === RECORD_START ? this.epoch > expected.epoch : this.epoch === expected.epoch)
    );
  }

  /** Whether this code reads such records and replays them to the same events. */
  get understood(): boolean {
    return this.versions === VERSION_WORD && this.sizes === RECORD_SIZES_WORD;
  }
}

const due: Expected = { shard: 0, epoch: 0, commandSequence: 0, eventSequence: 0 };

/**
 * Verifies the whole record at byte `at` of `bytes` against what is due there. `header` must have been read from it,
 * and header.length bytes must be present.
 */
export function verifyRecord(bytes: Uint8Array, at: number, header: RecordHeader, expected: Expected): RecordVerdict {
  due.shard = expected.shard;
  due.commandSequence = expected.commandSequence;
  due.eventSequence = expected.eventSequence;
  due.epoch = header.kind === RECORD_START && header.epoch > expected.epoch ? header.epoch : expected.epoch;
  if (recordChecksum(bytes, at, header.length, due) === storedChecksum(bytes, at)) {
    // A good checksum over the expected values with other own ones cannot come from our writer.
    return header.fits(expected) ? 'ok' : 'unexpected';
  }
  return header.fits(expected) ? 'checksum' : 'unexpected';
}

/** Whether the record is whole by its own word: epoch and sequences are taken from itself. For the search behind a cut. */
export function verifiesByItself(bytes: Uint8Array, at: number, header: RecordHeader): boolean {
  due.shard = header.shard;
  due.epoch = header.epoch;
  due.commandSequence = header.firstCommandSequence;
  due.eventSequence = header.firstEventSequence;
  return recordChecksum(bytes, at, header.length, due) === storedChecksum(bytes, at);
}

function storedChecksum(bytes: Uint8Array, at: number): number {
  return wordAt(bytes, at + AT_CRC * 4);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}

/** The epoch before and its last event sequence, out of a verified start record at byte `at`. */
export function startPayload(bytes: Uint8Array, at: number): { previousEpoch: number; lastEventSequence: number } {
  const from = at + AT_PAYLOAD * 4;
  return {
    previousEpoch: wordAt(bytes, from),
    lastEventSequence: joinWords(wordAt(bytes, from + 4), wordAt(bytes, from + 8)),
  };
}

/** Content hash and seal before, out of a verified seal at byte `at`; copies. */
export function sealPayload(bytes: Uint8Array, at: number): { content: Uint8Array; previousSeal: Uint8Array } {
  const from = at + AT_PAYLOAD * 4;
  return {
    content: bytes.slice(from, from + SEAL_BYTES),
    previousSeal: bytes.slice(from + SEAL_BYTES, from + 2 * SEAL_BYTES),
  };
}

/** Ring positions of a group at byte `at`; a copy. */
export function ringPositionsOf(bytes: Uint8Array, at: number, ringCount: number): Uint32Array {
  const positions = new Uint32Array(ringCount);
  for (let ring = 0; ring < ringCount; ring += 1) {
    positions[ring] = wordAt(bytes, at + (AT_RINGS + ring) * 4);
  }
  return positions;
}

/** What a segment says about itself. `epoch` is in force at its first record, a start record there may raise it. */
export interface SegmentHeader {
  readonly shard: number;
  readonly shardCount: number;
  readonly epoch: number;
  readonly number: number;
  readonly firstCommandSequence: number;
  readonly firstEventSequence: number;
  readonly bytes: number;
  /** 32 bytes; zeros in the first segment. */
  readonly previousSeal: Uint8Array;
}

export function segmentHeaderPage(header: SegmentHeader): Uint8Array {
  const words = new Int32Array(PAGE_BYTES / 4);
  const bytes = new Uint8Array(words.buffer);
  words[0] = SEGMENT_MAGIC_LOW;
  words[1] = SEGMENT_MAGIC_HIGH;
  words[3] = FORMAT_VERSION;
  words[4] = header.shard;
  words[5] = header.shardCount;
  words[6] = header.epoch;
  words[7] = header.number;
  words[8] = header.firstCommandSequence;
  words[9] = highWord(header.firstCommandSequence);
  words[10] = header.firstEventSequence;
  words[11] = highWord(header.firstEventSequence);
  words[12] = header.bytes;
  words[13] = VERSION_WORD;
  words[14] = RECORD_SIZES_WORD;
  bytes.set(header.previousSeal, 64);
  words[2] = crc32(bytes.subarray(12));
  return bytes;
}

/** The header in a page, null when the page is not a whole segment header, 'version' when it is one of other versions. */
export function readSegmentHeader(page: Uint8Array): SegmentHeader | 'version' | null {
  if (wordAt(page, 0) !== SEGMENT_MAGIC_LOW || wordAt(page, 4) !== SEGMENT_MAGIC_HIGH) {
    return null;
  }
  if (wordAt(page, 8) !== crc32(page.subarray(12, PAGE_BYTES))) {
    return null;
  }
  const known =
    wordAt(page, 12) === FORMAT_VERSION &&
    wordAt(page, 52) === VERSION_WORD >>> 0 &&
    wordAt(page, 56) === RECORD_SIZES_WORD >>> 0;
  if (!known) {
    return 'version';
  }
  return {
    shard: wordAt(page, 16),
    shardCount: wordAt(page, 20),
    epoch: wordAt(page, 24),
    number: wordAt(page, 28),
    firstCommandSequence: joinWords(wordAt(page, 32), wordAt(page, 36)),
    firstEventSequence: joinWords(wordAt(page, 40), wordAt(page, 44)),
    bytes: wordAt(page, 48),
    previousSeal: page.slice(64, 64 + SEAL_BYTES),
  };
}
