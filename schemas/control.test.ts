/** Control messages go through their frames unchanged, and what is not exact or not whole is refused. */

import { Builder } from 'flatbuffers';
import t from 'tap';
import { AckLevel, Reason, StreamMode } from './codes.js';
import { decodeControl, decodeLogonTerms, encodeLogonTerms } from './control.js';
import { sampleLogonTerms, sampleMessages } from './frame-samples.js';
import { ControlBody } from './generated/control-body.js';
import { ControlFrame } from './generated/control-frame.js';
import { Heartbeat } from './generated/heartbeat.js';
import { Resumed } from './generated/resumed.js';
import { encodeAnyControl } from './snapshot-frame.js';

t.test('every message comes back as it was', async (t) => {
  const messages = sampleMessages();
  const types = new Set(messages.map(({ type }) => type));
  for (const name of Object.values(ControlBody)) {
    if (typeof name === 'string' && name !== 'NONE') t.ok(types.has(name as (typeof messages)[number]['type']), name);
  }
  for (const message of messages) {
    const frame = encodeAnyControl(message);
    t.same(decodeControl(frame), message, message.type);
    const shifted = new Uint8Array(frame.length + 1);
    shifted.set(frame, 1);
    const decoded = decodeControl(shifted.subarray(1));
    shifted.fill(0xff);
    t.same(decoded, message, `${message.type} from an odd address, in memory of its own`);
  }
});

t.test('logon terms come back as they were', async (t) => {
  t.same(decodeLogonTerms(sampleLogonTerms()), {
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
  const terms = { version: 1, keyId: 1, lane: 1, ackLevel: 3 as AckLevel, heartbeatSeconds: 5, resume: [] };
  t.equal(decodeLogonTerms(encodeLogonTerms(terms)), Reason.BadFrame, 'an ack level that is none');
  const stays = { ...terms, ackLevel: AckLevel.Disk };
  t.same(decodeLogonTerms(encodeLogonTerms(stays)), stays, 'orders stay');
  const atOnce = { ...stays, cancelAfterSeconds: 0 };
  t.same(decodeLogonTerms(encodeLogonTerms(atOnce)), atOnce, 'orders go at once');
  t.equal(decodeLogonTerms(new Uint8Array(100_000)), Reason.FrameTooLong);
  t.equal(decodeLogonTerms(new Uint8Array(3)), Reason.BadFrame);
});

t.test('a message with a value that cannot be is refused', async (t) => {
  for (const message of [
    { type: 'Challenge', version: 1, venue: 'x', nonce: new Uint8Array(31) },
    { type: 'Logon', terms: new Uint8Array(0), signature: new Uint8Array(65) },
    { type: 'Subscribe', request: 1, channels: 0, mode: StreamMode.Raw, instruments: [] },
    { type: 'Subscribe', request: 1, channels: 4, mode: StreamMode.Raw, instruments: [] },
    { type: 'Subscribe', request: 1, channels: 1, mode: 2 as StreamMode, instruments: [] },
    { type: 'Unsubscribe', request: 1, channels: 8, instruments: [] },
    { type: 'PageSample', latencyUs: new Array<number>(65).fill(1), frameUs: [], longFrames: 0, frames: 0 },
    { type: 'PageSample', latencyUs: [], frameUs: new Array<number>(65).fill(1), longFrames: 0, frames: 0 },
  ] as const) {
    t.equal(decodeControl(encodeAnyControl(message)), Reason.BadFrame, JSON.stringify(message));
  }
  t.equal(decodeControl(new Uint8Array(40_000)), Reason.FrameTooLong);
});

t.test('a logon without a signature and a full page sample come through', async (t) => {
  for (const message of [
    { type: 'Logon', terms: sampleLogonTerms(), signature: new Uint8Array(0) },
    {
      type: 'PageSample',
      latencyUs: new Array<number>(64).fill(7),
      frameUs: new Array<number>(64).fill(8),
      longFrames: 1,
      frames: 2,
    },
  ] as const) {
    t.same(decodeControl(encodeAnyControl(message)), message);
  }
});

t.test('a 64-bit number that is not exact is refused', async (t) => {
  const builder = new Builder(64);
  const body = Resumed.createResumed(builder, 0, 1, 2n ** 53n);
  ControlFrame.finishControlFrameBuffer(builder, ControlFrame.createControlFrame(builder, ControlBody.Resumed, body));
  t.equal(decodeControl(builder.asUint8Array()), Reason.BadFrame);

  for (const [timeUs, echoUs] of [
    [2n ** 64n - 1n, 0n],
    [0n, 2n ** 53n],
  ] as const) {
    const beat = new Builder(64);
    Heartbeat.startMarksVector(beat, 0);
    const marks = beat.endVector();
    const heartbeat = Heartbeat.createHeartbeat(beat, timeUs, marks, echoUs, 0);
    ControlFrame.finishControlFrameBuffer(
      beat,
      ControlFrame.createControlFrame(beat, ControlBody.Heartbeat, heartbeat),
    );
    t.equal(decodeControl(beat.asUint8Array()), Reason.BadFrame);
  }
});
