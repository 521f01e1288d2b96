/** Each bound of a frame, broken once on real frames, is refused with its code; everything real is taken. */

import { Builder } from 'flatbuffers';
import t from 'tap';
import { Channel, CommandKind, EventKind, Reason } from './codes.js';
import { verifyControlFrame, verifyLogonTerms, verifyTerms } from './control-verifier.js';
import { identifierWord } from './flat-table.js';
import {
  builtCommandFrame,
  builtPublicFrame,
  builtReportFrame,
  sampleCommandFrame,
  sampleCommands,
  sampleEvents,
  sampleFrames,
  sampleLogonTerms,
  samplePublicFrame,
  sampleReportFrame,
} from './frame-samples.js';
import { CommandFrameReader, frameKind, PublicFrameReader, ReportFrameReader } from './frame-verifier.js';
import { CommandFrameWriter, PublicFrameWriter, ReportFrameWriter } from './frame-writer.js';
import { ControlBody } from './generated/control-body.js';
import { ControlFrame } from './generated/control-frame.js';
import { InstrumentInfo } from './generated/instrument-info.js';
import { Instruments } from './generated/instruments.js';
import { COMMAND_BYTES, COMMAND_WORDS, EVENT_BYTES, MAX_FRAME_BYTES, MAX_FRAME_RECORDS } from './layout.js';

/** Writes `value` in 1, 2 or 4 bytes at `at`. */
type Put = (at: number, size: 1 | 2 | 4, value: number) => void;

function broken(frame: Uint8Array, change: (put: Put) => void): Uint8Array {
  const bytes = frame.slice();
  const view = new DataView(bytes.buffer);
  change((at, size, value) => {
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  });
  return bytes;
}

const COMMAND = sampleCommandFrame();
const COMMANDS = sampleCommands().length / COMMAND_WORDS;
const REPORT = sampleReportFrame();
const PUBLIC = samplePublicFrame();

/** What the four places say that every frame has: root, vtable, table, and the vector of records. */
interface Places {
  root: number;
  fields: number;
  vectorField: number;
  vector: number;
  recordBytes: number;
}

const FRAMES: [string, Uint8Array, (frame: Uint8Array) => number, Places][] = [
  [
    'CommandFrame',
    COMMAND,
    (frame) => new CommandFrameReader().take(frame),
    { root: 16, fields: 2, vectorField: 1, vector: 28, recordBytes: COMMAND_BYTES },
  ],
  [
    'ReportFrame',
    REPORT,
    (frame) => new ReportFrameReader().take(frame),
    { root: 32, fields: 10, vectorField: 9, vector: 84, recordBytes: EVENT_BYTES },
  ],
  [
    'PublicFrame',
    PUBLIC,
    (frame) => new PublicFrameReader().take(frame),
    { root: 24, fields: 5, vectorField: 4, vector: 52, recordBytes: EVENT_BYTES },
  ],
];

for (const [name, frame, take, { root, fields, vectorField, vector, recordBytes }] of FRAMES) {
  t.test(`every bound of a ${name} is looked at`, async (t) => {
    t.equal(take(frame), 0, 'as it is');
    const vtable = 8;
    const tableBytes = new DataView(frame.buffer).getUint16(vtable + 2, true);
    const entry = vtable + 4 + 2 * vectorField;
    const place = new DataView(frame.buffer).getUint16(entry, true);
    const records = new DataView(frame.buffer).getUint32(vector, true);
    const cases: [string, (put: Put) => void][] = [
      ['identifier', (put) => put(7, 1, 0x32)],
      ['root before the identifier ends', (put) => put(0, 4, 4)],
      ['root behind the end', (put) => put(0, 4, frame.length)],
      ['root with only half a table', (put) => put(0, 4, frame.length - 2)],
      ['root far behind', (put) => put(0, 4, 0xffffffff)],
      ['root not aligned', (put) => put(0, 4, root + 2)],
      ['vtable before the frame', (put) => put(root, 4, root + 100)],
      ['vtable inside the root offset', (put) => put(root, 4, root)],
      ['vtable behind the end', (put) => put(root, 4, root - frame.length)],
      ['vtable far behind', (put) => put(root, 4, 0x80000000)],
      ['vtable not aligned', (put) => put(root, 4, root - vtable + 1)],
      ['vtable shorter than its head', (put) => put(vtable, 2, 2)],
      ['vtable of odd length', (put) => put(vtable, 2, 5 + 2 * fields)],
      ['vtable longer than the frame', (put) => put(vtable, 2, 0xfffe)],
      ['table shorter than its head', (put) => put(vtable + 2, 2, 3)],
      ['table longer than the frame', (put) => put(vtable + 2, 2, frame.length - root + 1)],
      ['field in the head of the table', (put) => put(entry, 2, 3)],
      ['field behind the table', (put) => put(entry, 2, tableBytes)],
      ['field half behind the table', (put) => put(vtable + 2, 2, place + 2)],
      ['field not aligned', (put) => put(entry, 2, place + 1)],
      ['required field absent', (put) => put(entry, 2, 0)],
      ['required field beyond the vtable', (put) => put(vtable, 2, 4 + 2 * vectorField)],
      ['vector at its own offset', (put) => put(root + place, 4, 0)],
      ['vector behind the end', (put) => put(root + place, 4, frame.length)],
      ['vector far behind', (put) => put(root + place, 4, 0xfffffffc)],
      ['vector not aligned to words', (put) => put(root + place, 4, vector - root - place + 2)],
      ['vector not aligned to its structs', (put) => put(root + place, 4, vector - root - place + 4)],
      ['no records', (put) => put(vector, 4, 0)],
      ['one record more than there is', (put) => put(vector, 4, records + 1)],
      ['a crafted length', (put) => put(vector, 4, 0x7fffffff)],
      ['a length that wraps around', (put) => put(vector, 4, 0x80000000 / (recordBytes / 2))],
      ['the highest length', (put) => put(vector, 4, 0xffffffff)],
    ];
    for (const [what, change] of cases) {
      t.equal(take(broken(frame, change)), Reason.BadFrame, what);
    }
    let taken = 0;
    for (let length = 0; length < frame.length; length++) if (take(frame.subarray(0, length)) === 0) taken += 1;
    t.equal(taken, 0, 'cut anywhere');
    t.equal(take(new Uint8Array(0)), Reason.BadFrame, 'empty');
    t.equal(take(new Uint8Array(MAX_FRAME_BYTES + 1)), Reason.FrameTooLong, 'too long');
    t.equal(take(new Uint8Array(MAX_FRAME_BYTES)), Reason.BadFrame, 'as long as may be, of zeros');
  });
}

t.test('a field number that we do not know must lie in the table, too', async (t) => {
  // The vtable is moved behind the frame, one entry longer.
  function withMore(place: number): Uint8Array {
    const bytes = new Uint8Array(COMMAND.length + 16);
    bytes.set(COMMAND);
    const view = new DataView(bytes.buffer);
    const at = COMMAND.length;
    view.setInt32(16, 16 - at, true);
    for (const [entry, value] of [10, 12, 4, 8, place].entries()) view.setUint16(at + 2 * entry, value, true);
    return bytes;
  }
  const reader = new CommandFrameReader();
  t.equal(reader.take(withMore(0)), 0);
  t.equal(reader.take(withMore(4)), 0, 'known nowhere, but inside: a newer client');
  t.equal(reader.take(withMore(3)), Reason.BadFrame);
  t.equal(reader.take(withMore(12)), Reason.BadFrame);
});

t.test('a frame holds 1 to 256 records', async (t) => {
  const commands = new Int32Array((MAX_FRAME_RECORDS + 1) * COMMAND_WORDS);
  for (let at = 14; at < commands.length; at += COMMAND_WORDS) commands[at] = CommandKind.Cancel;
  const writer = new CommandFrameWriter();
  writer.begin();
  t.equal(writer.append(commands, 0, MAX_FRAME_RECORDS), true);
  t.equal(writer.append(commands, 0, 1), false, 'the writer takes no more');
  const full = writer.finish(1);
  const reader = new CommandFrameReader();
  t.equal(reader.take(full), 0);
  t.equal(reader.count, MAX_FRAME_RECORDS);
  const more = new Uint8Array(full.length + COMMAND_BYTES);
  more.set(full);
  more.set(full.subarray(-COMMAND_BYTES), full.length);
  more.set([1, 1], 28);
  t.equal(reader.take(more), Reason.BadFrame);
  t.equal(reader.count, 0);
  writer.begin();
  t.equal(reader.take(writer.finish(1)), Reason.BadFrame, 'none');
});

t.test(
  'a command of the wrong shape is refused by its own code, with its place and the number of the frame',
  async (t) => {
    const reader = new CommandFrameReader();
    const first = 32;
    const changes: [number, number, (put: Put) => void][] = [
      [0, Reason.BadSide, (put) => put(first + 57, 1, 2)],
      [1, Reason.FieldNotZero, (put) => put(first + COMMAND_BYTES + 40, 4, 1)],
      [2, Reason.BadFlags, (put) => put(first + 2 * COMMAND_BYTES + 63, 1, 0x80)],
      [3, Reason.BadParts, (put) => put(first + 4 * COMMAND_BYTES + 8, 1, 1)],
      [COMMANDS - 1, Reason.BadKind, (put) => put(first + (COMMANDS - 1) * COMMAND_BYTES + 56, 1, 99)],
      [COMMANDS - 1, Reason.BadParts, (put) => put(first + (COMMANDS - 1) * COMMAND_BYTES + 56, 1, CommandKind.Part)],
    ];
    for (const [index, reason, change] of changes) {
      let bytes = broken(COMMAND, change);
      // As a Part the last command may hold nothing that a Part calls zero.
      if (reason === Reason.BadParts && index === COMMANDS - 1) {
        bytes = broken(bytes, (put) => put(first + (COMMANDS - 1) * COMMAND_BYTES + 32, 4, 0));
      }
      t.equal(reader.take(bytes), reason);
      t.equal(reader.refusedIndex, index);
      t.equal(reader.number, 0xfffffffe);
      t.equal(reader.count, 0);
    }
    t.equal(reader.take(COMMAND), 0);
    t.equal(reader.refusedIndex, -1);
  },
);

t.test('the streams of a public frame share out its records exactly', async (t) => {
  const reader = new PublicFrameReader();
  const streams = 56 + 3 * EVENT_BYTES + 8;
  const cases: [string, (put: Put) => void][] = [
    ['one record too many', (put) => put(streams + 20, 2, 3)],
    ['one too few', (put) => put(streams + 20, 2, 1)],
    [
      'a stream of none',
      (put) => {
        put(streams + 20, 2, 0);
        put(streams + 24 + 20, 2, 3);
      },
    ],
    ['an unknown channel', (put) => put(streams + 22, 1, 3)],
    ['no channel', (put) => put(streams + 22, 1, 0)],
    ['the zero byte', (put) => put(streams + 23, 1, 1)],
    ['no streams', (put) => put(streams - 4, 4, 0)],
    ['streams behind the end', (put) => put(streams - 4, 4, 3)],
    ['streams far behind', (put) => put(streams - 4, 4, 0xffffffff)],
    ['streams not aligned', (put) => put(40, 4, streams - 8 - 40)],
    ['streams absent', (put) => put(8 + 4 + 2 * 3, 2, 0)],
  ];
  for (const [what, change] of cases) {
    t.equal(reader.take(broken(PUBLIC, change)), Reason.BadFrame, what);
    t.equal(reader.count + reader.streamCount, 0);
  }
});

t.test('a scalar of a public frame that is not aligned is refused', async (t) => {
  for (const [field, place] of [24, 4, 8].entries()) {
    const frame = broken(PUBLIC, (put) => put(12 + 2 * field, 2, place + 1));
    t.equal(new PublicFrameReader().take(frame), Reason.BadFrame, `field ${field}`);
  }
});

t.test('a scalar of a report frame that is not aligned, or a bool that is none, is refused', async (t) => {
  const reader = new ReportFrameReader();
  for (let field = 0; field < 9; field++) {
    const entry = 12 + 2 * field;
    const place = new DataView(REPORT.buffer).getUint16(entry, true);
    if (field === 2 || field === 3 || field === 4) continue;
    t.equal(reader.take(broken(REPORT, (put) => put(entry, 2, place + 1))), Reason.BadFrame, `field ${field}`);
  }
  t.equal(reader.take(broken(REPORT, (put) => put(32 + 44, 1, 2))), Reason.BadFrame, 'replayed');
});

t.test('frames of any layout that a builder may choose are taken', async (t) => {
  t.equal(new CommandFrameReader().take(builtCommandFrame()), 0);
  const report = new ReportFrameReader();
  t.equal(report.take(builtReportFrame()), 0);
  t.same([report.shard, report.epoch, report.replayed, report.gatewayInUs, report.sentUs], [0, 9, false, 0, 18]);
  const reader = new PublicFrameReader();
  t.equal(reader.take(builtPublicFrame()), 0);
  t.same([reader.previousLast(0), reader.last(0), reader.channel(0)], [1, 3, Channel.Trades]);
});

t.test('a frame is read right at an odd address, and its reader keeps its own copy', async (t) => {
  const shifted = new Uint8Array(COMMAND.length + 1);
  shifted.set(COMMAND, 1);
  const reader = new CommandFrameReader();
  t.equal(reader.take(shifted.subarray(1)), 0);
  shifted.fill(0xff);
  t.same(reader.words.slice(reader.recordsAtWord, reader.recordsAtWord + COMMANDS * COMMAND_WORDS), sampleCommands());
});

t.test('the largest frames fit in what a reader takes', async (t) => {
  const events = sampleEvents(MAX_FRAME_RECORDS, EventKind.Trade);
  const reports = new ReportFrameWriter();
  reports.begin(0, 1, 0, 0, false);
  t.equal(reports.append(events, 0, MAX_FRAME_RECORDS), true);
  t.equal(new ReportFrameReader().take(reports.finish(0, 0, 0, 0)), 0);
  const publics = new PublicFrameWriter();
  publics.begin(0, 1);
  for (let at = 0; at < events.length; at += 24) t.equal(publics.append(1, Channel.Trades, 0, 1, events, at, 1), true);
  const frame = publics.finish(0);
  t.ok(frame.length <= MAX_FRAME_BYTES);
  t.equal(new PublicFrameReader().take(frame), 0);
});

t.test('each frame is known by its identifier', async (t) => {
  for (const [name, frame] of sampleFrames()) {
    const kind = name.replace('built ', '').replace('Frame', '').toLowerCase();
    t.equal(frameKind(frame), ['command', 'report', 'public'].includes(kind) ? kind : 'control', name);
  }
  t.equal(frameKind(new Uint8Array(7)), 'unknown');
  t.equal(frameKind(new Uint8Array(8)), 'unknown');
  t.equal(identifierWord('TDC1'), 0x31434454);
});

t.test('control frames: strings, vectors, unions and required fields are looked at', async (t) => {
  const frames = sampleFrames();
  for (const [name, frame] of frames) {
    if (frameKind(frame) !== 'control') continue;
    t.equal(verifyControlFrame(frame), 0, name);
    let taken = 0;
    for (let length = 0; length < frame.length; length++) {
      // What is cut off may be padding behind the last string only.
      if (verifyControlFrame(frame.subarray(0, length)) === 0 && frame.length - length > 3) taken += 1;
    }
    t.equal(taken, 0, `${name} cut anywhere`);
  }
  const challenge = frames.get('Challenge') ?? new Uint8Array(0);
  const venue = Buffer.from(challenge).indexOf('B\u00f6rse');
  t.ok(venue > 0);
  const cases: [string, Uint8Array][] = [
    ['no NUL behind the string', broken(challenge, (put) => put(venue + 6, 1, 1))],
    ['not UTF-8', broken(challenge, (put) => put(venue + 1, 1, 0xff))],
    ['a string behind the end', broken(challenge, (put) => put(venue - 4, 4, challenge.length))],
    ['a crafted length of a string', broken(challenge, (put) => put(venue - 4, 4, 0xffffffff))],
    ['another identifier', broken(challenge, (put) => put(4, 1, 0))],
    ['too long', new Uint8Array(MAX_FRAME_BYTES + 1)],
  ];
  for (const [what, bytes] of cases) {
    t.equal(verifyControlFrame(bytes), what === 'too long' ? Reason.FrameTooLong : Reason.BadFrame, what);
  }
  const answer = frames.get('LogonAnswer') ?? new Uint8Array(0);
  const point = Buffer.from(answer).lastIndexOf(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  t.equal(verifyControlFrame(broken(answer, (put) => put(point + 6, 2, 1))), Reason.BadFrame, 'a zero field');
  t.equal(verifyControlFrame(broken(answer, (put) => put(point + 8, 4, 1))), Reason.BadFrame, 'another zero field');
});

t.test('the type of a union must be known', async (t) => {
  const frame = sampleFrames().get('Status') ?? new Uint8Array(0);
  const view = new DataView(frame.buffer);
  const root = view.getUint32(0, true);
  const vtable = root - view.getInt32(root, true);
  const type = root + view.getUint16(vtable + 4, true);
  t.equal(view.getUint8(type), 13);
  for (const [value, reason] of [
    [13, Reason.None],
    [0, Reason.BadFrame],
    [14, Reason.BadFrame],
    [255, Reason.BadFrame],
  ] as const) {
    t.equal(verifyControlFrame(broken(frame, (put) => put(type, 1, value))), reason, `${value}`);
  }
  t.equal(verifyControlFrame(broken(frame, (put) => put(vtable + 4, 2, 0))), Reason.BadFrame, 'no type');
  t.equal(verifyControlFrame(broken(frame, (put) => put(vtable + 6, 2, 0))), Reason.BadFrame, 'no body');
});

t.test('many offsets to one table cost no more than a frame may cost', async (t) => {
  function frameOf(offsets: number, symbolBytes: number): Uint8Array {
    const builder = new Builder(64);
    const symbol = builder.createString('x'.repeat(symbolBytes));
    const info = InstrumentInfo.createInstrumentInfo(builder, 1, 0, symbol, 1, 2, 3, 4, 0, 0, 0);
    const vector = Instruments.createInstrumentsVector(builder, new Array<number>(offsets).fill(info));
    const body = Instruments.createInstruments(builder, 1, false, vector, 0, 0n);
    const root = ControlFrame.createControlFrame(builder, ControlBody.Instruments, body);
    ControlFrame.finishControlFrameBuffer(builder, root);
    return builder.asUint8Array();
  }
  t.equal(verifyControlFrame(frameOf(2, 5_000)), 0);
  t.equal(verifyControlFrame(frameOf(1_000, 0)), 0);
  t.ok(frameOf(5_000, 5_000).length < MAX_FRAME_BYTES);
  t.equal(verifyControlFrame(frameOf(100, 5_000)), Reason.BadFrame, 'by the text');
  t.equal(verifyControlFrame(frameOf(5_000, 0)), Reason.BadFrame, 'by the tables');
});

t.test('terms have no identifier, and nothing stands behind them', async (t) => {
  t.equal(verifyLogonTerms(sampleLogonTerms()), 0);
  t.equal(verifyLogonTerms(sampleLogonTerms().subarray(1)), Reason.BadFrame);
  t.equal(verifyLogonTerms(new Uint8Array(0)), Reason.BadFrame);
  t.equal(verifyTerms(new Uint8Array(40), 'KeyTerms'), Reason.BadPayload);
});
