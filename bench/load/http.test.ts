import t from 'tap';
import { EventKind } from '../../schemas/codes.js';
import { ReportFrameWriter } from '../../schemas/frame-writer.js';
import { EVENT_KIND_WORD, EVENT_WORDS } from '../../schemas/layout.js';
import { acceptedIn } from './http.js';

function body(...kinds: EventKind[][]): Buffer {
  const parts: Buffer[] = [];
  for (const frame of kinds) {
    const writer = new ReportFrameWriter();
    writer.begin(0, 1, 0, 0, false);
    for (const kind of frame) {
      const event = new Int32Array(EVENT_WORDS);
      event[EVENT_KIND_WORD] = kind;
      writer.append(event, 0, 1);
    }
    const bytes = Buffer.from(writer.finish(1, 2, 3, 4));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

t.test('accepted orders are counted over all report frames of an answer', async (t) => {
  t.equal(acceptedIn(body([EventKind.Accepted, EventKind.Booked])), 1);
  t.equal(acceptedIn(body([EventKind.Accepted], [EventKind.Booked, EventKind.Accepted])), 2);
  t.equal(acceptedIn(body([EventKind.Rejected])), 0, 'a refusal is no accepted order');
});

t.test('an answer that is no report, or is cut, is not taken for one', async (t) => {
  const whole = body([EventKind.Accepted]);
  t.equal(acceptedIn(Buffer.from('{"pending":["1"]}')), -1);
  t.equal(acceptedIn(whole.subarray(0, whole.length - 1)), -1);
  t.equal(acceptedIn(whole.subarray(0, 2)), -1);
});
