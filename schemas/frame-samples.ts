/**
 * Real frames of every kind for tests and fuzzing, the same at every call. Hot frames are made twice: by our writers and
 * by a FlatBuffers builder, which lays them out otherwise. Any thread.
 */

import { Builder } from 'flatbuffers';
import { encodeAccountTerms, encodeInstrumentTerms, encodeKeyTerms, encodeNoteTerms, setOperationId } from './admin.js';
import { AckLevel, Channel, CommandFlag, CommandKind, EventKind, Phase, Reason, StreamMode } from './codes.js';
import { type ControlMessage, encodeLogonTerms } from './control.js';
import { CommandFrameWriter, PublicFrameWriter, ReportFrameWriter } from './frame-writer.js';
import { CommandFrame } from './generated/command-frame.js';
import { PublicFrame } from './generated/public-frame.js';
import { PublicStream } from './generated/public-stream.js';
import { ReportFrame } from './generated/report-frame.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_KIND_WORD,
  EVENT_PRICE,
  EVENT_SEQUENCE,
  EVENT_WORDS,
  NO_PRICE,
} from './layout.js';
import { encodeAnyControl } from './snapshot-frame.js';

const LANE = 7 << 16;

/** Each client kind once, two admin records with their Parts between them: `records` commands that a gateway takes. */
export function sampleCommands(): Int32Array {
  const instrument = encodeInstrumentTerms({
    symbol: 'BTC-USD',
    shard: 0,
    priceMin: 1,
    priceMax: 1_000_000,
    quantityMax: 1_000_000,
    unit: 1,
    referencePrice: 50_000,
    priceDecimals: 2,
    quantityDecimals: 8,
  });
  const key = encodeKeyTerms({ publicKey: new Uint8Array(32).fill(9), rights: 3, label: 'desk' });
  const groups = [
    command(CommandKind.New, 1, { [COMMAND_PRICE]: -5, [COMMAND_QUANTITY]: 10 }, CommandFlag.PostOnly),
    command(CommandKind.Cancel, 2, { [COMMAND_TARGET_ID]: 3 }, CommandFlag.TargetIsClientOrderId),
    command(CommandKind.Replace, 3, { [COMMAND_TARGET_ID]: 3, [COMMAND_PRICE]: 6, [COMMAND_QUANTITY]: 9 }, 0),
    adminGroup(CommandKind.AddInstrument, 4, instrument),
    command(CommandKind.CancelReplace, 5, { [COMMAND_TARGET_ID]: 3, [COMMAND_PRICE]: 6, [COMMAND_QUANTITY]: 9 }, 0),
    adminGroup(CommandKind.AddKey, 6, key),
    command(CommandKind.MassCancel, 7, {}, 0),
    command(CommandKind.Uncross, 8, {}, 0),
  ];
  const words = new Int32Array(groups.reduce((sum, group) => sum + group.length, 0));
  let at = 0;
  for (const group of groups) {
    words.set(group, at);
    at += group.length;
  }
  return words;
}

function command(kind: CommandKind, counter: number, fields: Record<number, number>, flags: number): Int32Array {
  const words = new Int32Array(COMMAND_WORDS);
  words[COMMAND_KIND_WORD] = kind;
  words[COMMAND_CLIENT_ORDER_ID] = counter;
  words[COMMAND_CLIENT_ORDER_ID + 1] = LANE;
  words[COMMAND_INSTRUMENT] = 1;
  words[COMMAND_FLAGS_WORD] = flags << 16;
  for (const [word, value] of Object.entries(fields)) words[Number(word)] = value;
  return words;
}

function adminGroup(kind: CommandKind, counter: number, parts: Int32Array): Int32Array {
  const words = new Int32Array(COMMAND_WORDS + parts.length);
  words[COMMAND_KIND_WORD] = kind;
  words.set(parts, COMMAND_WORDS);
  setOperationId(words, 0, parts.length / COMMAND_WORDS, counter, LANE);
  return words;
}

/** Events with a different number in every word; kinds are Trade for public frames, Accepted otherwise. */
export function sampleEvents(count: number, kind: EventKind): Int32Array {
  const words = new Int32Array(count * EVENT_WORDS);
  for (let word = 0; word < words.length; word++) words[word] = word + 1;
  for (let at = 0; at < words.length; at += EVENT_WORDS) {
    words[at + EVENT_SEQUENCE] = at / EVENT_WORDS + 1;
    words[at + EVENT_SEQUENCE + 1] = 0;
    words[at + EVENT_PRICE] = NO_PRICE;
    words[at + EVENT_KIND_WORD] = kind;
  }
  return words;
}

export function sampleCommandFrame(): Uint8Array {
  const words = sampleCommands();
  const writer = new CommandFrameWriter();
  writer.begin();
  writer.append(words, 0, words.length / COMMAND_WORDS);
  return writer.finish(0xfffffffe).slice();
}

export function sampleReportFrame(): Uint8Array {
  const writer = new ReportFrameWriter();
  writer.begin(3, 9, AckLevel.Matched, AckLevel.Disk, true);
  writer.append(sampleEvents(3, EventKind.Accepted), 0, 3);
  return writer.finish(1.7e15 + 1, 1.7e15 + 2, 1.7e15 + 3, 4096).slice();
}

export function samplePublicFrame(): Uint8Array {
  const writer = new PublicFrameWriter();
  writer.begin(2, 4);
  const records = sampleEvents(3, EventKind.Trade);
  writer.append(5, Channel.Trades, 2 ** 40, 2 ** 40 + 2, records, 0, 2);
  writer.append(6, Channel.Top, 0, 3, records, 2 * EVENT_WORDS, 1);
  return writer.finish(1.7e15).slice();
}

export function builtCommandFrame(): Uint8Array {
  const words = sampleCommands();
  const builder = new Builder(64);
  CommandFrame.startCommandsVector(builder, words.length / COMMAND_WORDS);
  for (let at = words.length - COMMAND_WORDS; at >= 0; at -= COMMAND_WORDS)
    pushStruct(builder, words, at, COMMAND_WORDS);
  const commands = builder.endVector();
  CommandFrame.finishCommandFrameBuffer(builder, CommandFrame.createCommandFrame(builder, 0xfffffffe, commands));
  return builder.asUint8Array().slice();
}

/** Without the fields that have their default, so that its vtable is a short one. */
export function builtReportFrame(): Uint8Array {
  const words = sampleEvents(3, EventKind.Accepted);
  const builder = new Builder(64);
  ReportFrame.startEventsVector(builder, 3);
  for (let at = 2 * EVENT_WORDS; at >= 0; at -= EVENT_WORDS) pushStruct(builder, words, at, EVENT_WORDS);
  const events = builder.endVector();
  ReportFrame.finishReportFrameBuffer(
    builder,
    ReportFrame.createReportFrame(builder, 0, 9, AckLevel.Disk, AckLevel.Disk, false, 0n, 17n, 18n, 5, events),
  );
  return builder.asUint8Array().slice();
}

/** Streams before events, unlike our writer. */
export function builtPublicFrame(): Uint8Array {
  const words = sampleEvents(2, EventKind.Trade);
  const builder = new Builder(64);
  PublicFrame.startEventsVector(builder, 2);
  for (let at = EVENT_WORDS; at >= 0; at -= EVENT_WORDS) pushStruct(builder, words, at, EVENT_WORDS);
  const events = builder.endVector();
  PublicFrame.startStreamsVector(builder, 1);
  PublicStream.createPublicStream(builder, 1n, 3n, 5, 2, Channel.Trades, 0);
  const streams = builder.endVector();
  PublicFrame.finishPublicFrameBuffer(builder, PublicFrame.createPublicFrame(builder, 1, 2, 3n, streams, events));
  return builder.asUint8Array().slice();
}

function pushStruct(builder: Builder, words: Int32Array, at: number, count: number): void {
  builder.prep(8, count * 4);
  for (let word = count - 1; word >= 0; word--) builder.writeInt32(words[at + word] as number);
}

export function sampleLogonTerms(): Uint8Array {
  return encodeLogonTerms({
    version: 1,
    keyId: 2,
    lane: 3,
    ackLevel: AckLevel.Matched,
    heartbeatSeconds: 5,
    resume: [
      { shard: 0, epoch: 2, sequence: 3 },
      { shard: 1, epoch: 1, sequence: 2 ** 53 - 1 },
    ],
    cancelAfterSeconds: 30,
  });
}

/** One of each type. */
export function sampleMessages(): ControlMessage[] {
  const point = { shard: 1, epoch: 2, sequence: 2 ** 53 - 1, accountSequence: 0xffffffff };
  const instrument = {
    id: 1,
    shard: 0,
    symbol: 'ETH/EUR',
    priceMin: -5,
    priceMax: 9,
    quantityMax: 0xffffffff,
    unit: 1,
    priceDecimals: 2,
    quantityDecimals: 0,
    phase: Phase.Continuous,
  };
  return [
    { type: 'Challenge', version: 1, venue: 'Börse', nonce: new Uint8Array(32).fill(1) },
    { type: 'Logon', terms: sampleLogonTerms(), signature: new Uint8Array(64).fill(2) },
    {
      type: 'LogonAnswer',
      account: 1,
      lane: 2,
      incarnation: 3,
      rights: 15,
      heartbeatSeconds: 5,
      window: 4096,
      points: [point, { ...point, shard: 0, sequence: 0 }],
    },
    { type: 'RolledBack', shard: 1, epoch: 2, sequence: 3 },
    { type: 'Resumed', shard: 1, epoch: 2, sequence: 4 },
    { type: 'Subscribe', request: 1, channels: 3, mode: StreamMode.Frame, instruments: [1, 0xffffffff] },
    { type: 'Unsubscribe', request: 2, channels: 1, instruments: [] },
    { type: 'Subscribed', request: 3, instruments: 4 },
    { type: 'InstrumentsRequest', request: 4, after: 2 },
    {
      type: 'Instruments',
      request: 5,
      more: true,
      instruments: [instrument, { ...instrument, id: 2, symbol: 'X' }],
      applied: [4, 3],
      countedTo: 2 ** 40,
    },
    { type: 'Heartbeat', timeUs: 1.7e15, marks: [point], echoUs: 1.7e15 - 1, heldUs: 0xffffffff },
    { type: 'Refused', number: 1, request: 0, index: 3, reason: Reason.Busy, text: 'full' },
    { type: 'Status', code: 3, text: '' },
    {
      ...point,
      type: 'Snapshot',
      part: 1,
      parts: 2,
      records: Int32Array.from({ length: 2 * EVENT_WORDS }, (_, word) => word - 7),
      marks: [1n, 0xffff_ffff_ffff_ffffn],
    },
    { type: 'PageSample', latencyUs: [1, 0xffffffff], frameUs: [], longFrames: 2, frames: 60 },
  ];
}

/** Payloads of Parts, by the kind of their head. */
export function sampleTerms(): { kind: CommandKind; parts: Int32Array }[] {
  return [
    { kind: CommandKind.Note, parts: encodeNoteTerms('Wrong prices from the feed – see mail of 9:40') },
    { kind: CommandKind.AddAccount, parts: encodeAccountTerms({ name: 'Märkte & Söhne' }) },
    {
      kind: CommandKind.AddKey,
      parts: encodeKeyTerms({ publicKey: new Uint8Array(32).fill(3), rights: 15, label: '' }),
    },
    {
      kind: CommandKind.AddInstrument,
      parts: encodeInstrumentTerms({
        symbol: 'A.B_C-D/9',
        shard: 65535,
        priceMin: -100,
        priceMax: 100,
        quantityMax: 5,
        unit: 2,
        referencePrice: null,
        priceDecimals: 0,
        quantityDecimals: 3,
      }),
    },
  ];
}

/** Every sample frame by name. */
export function sampleFrames(): ReadonlyMap<string, Uint8Array> {
  const frames = new Map([
    ['CommandFrame', sampleCommandFrame()],
    ['ReportFrame', sampleReportFrame()],
    ['PublicFrame', samplePublicFrame()],
    ['built CommandFrame', builtCommandFrame()],
    ['built ReportFrame', builtReportFrame()],
    ['built PublicFrame', builtPublicFrame()],
  ]);
  for (const message of sampleMessages()) frames.set(message.type, encodeAnyControl(message).slice());
  return frames;
}
