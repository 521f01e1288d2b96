/** The excerpt of the flow split over connections: every command once, on its order's connection, in frames that the platform takes. */

import { join } from 'node:path';
import t from 'tap';
import { findExcerpt } from '../../../proof/recordings/data-folder.js';
import { planFlow } from '../../../proof/recordings/flow-plan.js';
import { CommandFlag, CommandKind } from '../../../schemas/codes.js';
import { CommandFrameReader } from '../../../schemas/frame-verifier.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
} from '../../../schemas/layout.js';
import type { LaneFrames } from '../connections/load-connection.js';
import { clientHeaderBytes } from '../connections/raw-websocket.js';
import { flowFrames } from './flow-lanes.js';

const plan = await planFlow(join(findExcerpt('flow_normal').folder, 'commands.bin.gz'));
const LANE = 3;
const INSTRUMENT = 7;
const shape = { connections: 10, lane: LANE, instrument: INSTRUMENT, firstFrameNumber: 1 };

interface Sent {
  readonly counter: number;
  readonly target: number;
  readonly kind: number;
}

/** Unmasks a connection's frames and reads them as the gateway does. */
function read(test: Pick<typeof t, 'equal'>, lane: LaneFrames): Sent[] {
  const reader = new CommandFrameReader();
  const sent: Sent[] = [];
  let from = 0;
  for (const [frame, end] of lane.ends.entries()) {
    let head = 1;
    while (head < end - from && clientHeaderBytes(end - from - head) !== head) head++;
    const mask = lane.bytes.subarray(from + head - 4, from + head);
    const payload = lane.bytes.subarray(from + head, end).map((byte, at) => byte ^ (mask[at & 3] ?? 0));
    if (reader.take(payload) !== 0) test.equal(frame, -1, 'a frame was refused');
    test.equal(reader.number, frame + 1);
    test.equal(lane.firstCommands[frame], sent.length);
    for (let command = 0; command < reader.count; command++) {
      const at = reader.recordsAtWord + command * COMMAND_WORDS;
      const word = (index: number) => reader.words[at + index] as number;
      test.equal(word(COMMAND_CLIENT_ORDER_ID + 1) >>> 16, LANE);
      test.equal(word(COMMAND_INSTRUMENT), INSTRUMENT);
      const named = word(COMMAND_FLAGS_WORD) >>> 16 === CommandFlag.TargetIsClientOrderId;
      sent.push({
        counter: word(COMMAND_CLIENT_ORDER_ID),
        target: named ? word(COMMAND_TARGET_ID) : 0,
        kind: word(COMMAND_KIND_WORD) & 0xff,
      });
    }
    from = end;
  }
  return sent;
}

for (const perFrame of [1, 16]) {
  t.test(`frames of ${perFrame} hold every command once, each with its order's connection`, async (t) => {
    const count = 2000;
    const frames = flowFrames(plan, 0, count, { ...shape, perFrame });
    const seen = new Set<number>();
    for (const lane of frames.lanes) {
      const sent = read(t, lane);
      t.same(
        sent.map(({ counter }) => counter),
        [...lane.counters],
      );
      const own = new Set(sent.map(({ counter }) => counter));
      for (const { counter, target, kind } of sent) {
        t.notOk(seen.has(counter));
        seen.add(counter);
        if (kind !== CommandKind.New) t.ok(own.has(target) && target <= counter, 'it names an order of its own');
      }
    }
    t.equal(seen.size, count);
    t.equal(frames.commands, count);
    t.equal(
      frames.schedule.length,
      frames.lanes.reduce((sum, lane) => sum + lane.ends.length, 0),
    );
    if (perFrame === 1) t.equal(frames.schedule.length, count);
  });
}

t.test('behind its end the flow begins again with ids that go on', async (t) => {
  const from = plan.length - 10;
  const frames = flowFrames(plan, from, 200, { ...shape, perFrame: 1 });
  const counters = frames.lanes.flatMap((lane) => read(t, lane).map(({ counter }) => counter));
  t.same(
    counters.sort((a, b) => a - b),
    Array.from({ length: 200 }, (_, index) => from + index + 1),
  );
});
