/**
 * The frame of a part of a Snapshot, and of any control message where it may be one. Apart from control.ts, because clients only
 * read it. Pure functions, any thread.
 */

import { Builder } from 'flatbuffers';
import { type ControlMessage, encodeControl, type SnapshotMessage } from './control.js';
import { ControlBody } from './generated/control-body.js';
import { ControlFrame } from './generated/control-frame.js';
import { Snapshot } from './generated/snapshot.js';
import { EVENT_BYTES, EVENT_WORDS } from './layout.js';

const EVENT_ALIGNMENT = 8;

/** In memory of its own. */
export function encodeSnapshot(message: SnapshotMessage): Uint8Array {
  const { shard, epoch, sequence, accountSequence, part, parts, records } = message;
  const builder = new Builder(256 + records.byteLength);
  // By hand, backwards as vectors are built: the records are words already.
  builder.startVector(EVENT_BYTES, records.length / EVENT_WORDS, EVENT_ALIGNMENT);
  for (let word = records.length - 1; word >= 0; word--) builder.writeInt32(records[word] as number);
  const all = builder.endVector();
  const marks = Snapshot.createMarksVector(builder, [...message.marks]);
  const body = Snapshot.createSnapshot(
    builder,
    shard,
    epoch,
    BigInt(sequence),
    accountSequence,
    part,
    parts,
    all,
    marks,
  );
  ControlFrame.finishControlFrameBuffer(builder, ControlFrame.createControlFrame(builder, ControlBody.Snapshot, body));
  return builder.asUint8Array();
}

/** The frame of any message. */
export function encodeAnyControl(message: ControlMessage): Uint8Array {
  return message.type === 'Snapshot' ? encodeSnapshot(message) : encodeControl(message);
}
