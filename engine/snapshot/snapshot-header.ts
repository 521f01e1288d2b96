/**
 * The first page of a snapshot file: what the state is of, under which versions and limits, where the journal goes on, and
 * the checksums. Numbers are little-endian, pairs of words low first. Any thread; pure functions over one page.
 *
 *   word  0, 1 magic              2 CRC-32 of the page behind it      3 version of this format
 *         4 shard                 5 number of shards                  6 schema version | behaviour version << 16
 *         7 epoch                 8, 9 last command                   10, 11 last event
 *        12, 13 time of the last command, µs since 1970               14, 15 bytes of the payload
 *        16 .. 23 SHA-256 of the payload                              24, 25 state hash
 *        26 segment of the journal's last record in it                27, 28 its offset
 *        29 epoch due there       30, 31 first command due there      32, 33 first event due there
 *        34 number of limits, and from 64 on the values of ANSWER_LIMITS
 */

import { crc32 } from 'node:zlib';
import { highWord, joinWords } from '../../schemas/layout.js';
import type { RecordPlace } from '../journal/places.js';
import { PAGE_BYTES, VERSION_WORD } from '../journal/record.js';
import { ANSWER_LIMITS, type Limits } from '../limits.js';

const MAGIC_LOW = 0x4e534454; // "TDSN"
const MAGIC_HIGH = 0x31504150; // "PAP1"
const FORMAT_VERSION = 2;
/** It had nothing of what the public was told, and is read still. */
const FORMAT_WITHOUT_HISTORY = 1;
const DIGEST_BYTES = 32;

const AT_CRC = 2;
const AT_FORMAT = 3;
const AT_SHARD = 4;
const AT_SHARD_COUNT = 5;
const AT_VERSIONS = 6;
const AT_EPOCH = 7;
const AT_COMMAND = 8;
const AT_EVENT = 10;
const AT_TIME = 12;
const AT_PAYLOAD = 14;
const AT_DIGEST = 16;
const AT_HASH = 24;
const AT_SEGMENT = 26;
const AT_OFFSET = 27;
const AT_DUE_EPOCH = 29;
const AT_DUE_COMMAND = 30;
const AT_DUE_EVENT = 32;
const AT_LIMIT_COUNT = 34;
const AT_LIMITS = 64;

/** What a snapshot is of. Sequences are exact integers. */
export interface SnapshotHeader {
  readonly shard: number;
  readonly shardCount: number;
  /** In force behind the last record. */
  readonly epoch: number;
  readonly commandSequence: number;
  readonly eventSequence: number;
  readonly lastTimeUs: number;
  /** Whether the payload says what the public was told. */
  readonly hasHistory: boolean;
  readonly payloadBytes: number;
  readonly payloadDigest: Uint8Array;
  /** 16 hex digits, as Engine.stateHash. */
  readonly stateHash: string;
  /** The last group whose commands are in it. */
  readonly last: RecordPlace;
}

/** The page of a header. */
export function snapshotHeaderPage(header: SnapshotHeader, limits: Limits): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  const words = new Int32Array(page.buffer);
  words[0] = MAGIC_LOW;
  words[1] = MAGIC_HIGH;
  words[AT_FORMAT] = header.hasHistory ? FORMAT_VERSION : FORMAT_WITHOUT_HISTORY;
  words[AT_SHARD] = header.shard;
  words[AT_SHARD_COUNT] = header.shardCount;
  words[AT_VERSIONS] = VERSION_WORD;
  words[AT_EPOCH] = header.epoch;
  setLong(words, AT_COMMAND, header.commandSequence);
  setLong(words, AT_EVENT, header.eventSequence);
  setLong(words, AT_TIME, header.lastTimeUs);
  setLong(words, AT_PAYLOAD, header.payloadBytes);
  page.set(header.payloadDigest, AT_DIGEST * 4);
  words[AT_HASH] = Number.parseInt(header.stateHash.slice(0, 8), 16);
  words[AT_HASH + 1] = Number.parseInt(header.stateHash.slice(8), 16);
  words[AT_SEGMENT] = header.last.segment;
  setLong(words, AT_OFFSET, header.last.offset);
  words[AT_DUE_EPOCH] = header.last.epoch;
  setLong(words, AT_DUE_COMMAND, header.last.commandSequence);
  setLong(words, AT_DUE_EVENT, header.last.eventSequence);
  words[AT_LIMIT_COUNT] = ANSWER_LIMITS.length;
  for (const [index, name] of ANSWER_LIMITS.entries()) words[AT_LIMITS + index] = limits[name];
  words[AT_CRC] = pageChecksum(page);
  return page;
}

/**
 * The header in a page; a sentence when it is none, or none that an engine of these limits may begin with. The sentence goes
 * behind a file's name.
 */
export function readSnapshotHeader(page: Uint8Array, limits: Limits): SnapshotHeader | string {
  const words = new Int32Array(page.buffer, page.byteOffset, PAGE_BYTES / 4);
  if (words[0] !== MAGIC_LOW || words[1] !== MAGIC_HIGH || words[AT_CRC] !== pageChecksum(page)) {
    return 'its header is damaged';
  }
  if (words[AT_FORMAT] !== FORMAT_VERSION && words[AT_FORMAT] !== FORMAT_WITHOUT_HISTORY)
    return `it has format ${words[AT_FORMAT]}, this platform reads up to ${FORMAT_VERSION}`;
  if (words[AT_VERSIONS] !== VERSION_WORD) {
    return `it is of schema ${versionsOf(words[AT_VERSIONS] ?? 0)}, this engine of ${versionsOf(VERSION_WORD)}`;
  }
  if (words[AT_LIMIT_COUNT] !== ANSWER_LIMITS.length) return 'it names another number of limits';
  for (const [index, name] of ANSWER_LIMITS.entries()) {
    if (words[AT_LIMITS + index] !== limits[name]) {
      return `its limit ${name} is ${words[AT_LIMITS + index]}, that of this start ${limits[name]}`;
    }
  }
  return {
    shard: words[AT_SHARD] ?? 0,
    shardCount: words[AT_SHARD_COUNT] ?? 0,
    epoch: words[AT_EPOCH] ?? 0,
    commandSequence: longAt(words, AT_COMMAND),
    eventSequence: longAt(words, AT_EVENT),
    lastTimeUs: longAt(words, AT_TIME),
    hasHistory: words[AT_FORMAT] !== FORMAT_WITHOUT_HISTORY,
    payloadBytes: longAt(words, AT_PAYLOAD),
    payloadDigest: page.slice(AT_DIGEST * 4, AT_DIGEST * 4 + DIGEST_BYTES),
    stateHash: hex(words[AT_HASH] ?? 0) + hex(words[AT_HASH + 1] ?? 0),
    last: {
      segment: words[AT_SEGMENT] ?? 0,
      offset: longAt(words, AT_OFFSET),
      epoch: words[AT_DUE_EPOCH] ?? 0,
      commandSequence: longAt(words, AT_DUE_COMMAND),
      eventSequence: longAt(words, AT_DUE_EVENT),
    },
  };
}

function pageChecksum(page: Uint8Array): number {
  return crc32(page.subarray((AT_CRC + 1) * 4, PAGE_BYTES)) | 0;
}

function setLong(words: Int32Array, at: number, value: number): void {
  words[at] = value;
  words[at + 1] = highWord(value);
}

function longAt(words: Int32Array, at: number): number {
  return joinWords(words[at] ?? 0, words[at + 1] ?? 0);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

function versionsOf(word: number): string {
  return `${word & 0xffff}, behaviour ${word >>> 16}`;
}
