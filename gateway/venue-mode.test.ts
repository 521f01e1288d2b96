import t from 'tap';
import { CommandKind, EventKind, Phase, Reason, StatusCode } from '../schemas/codes.js';
import { EVENT_KIND_WORD, EVENT_ORDER_ID } from '../schemas/layout.js';
import { commandFrame, type FakeSocket, MadeVenue, madeCommand } from './made-venue.js';
import { CAUSE_DISK, VenueMode } from './venue-mode.js';

const LANE = 1;

function statuses(socket: FakeSocket): unknown[] {
  return socket.messages().filter(({ type }) => type === 'Status');
}

function kindsOf(events: readonly Int32Array[]): EventKind[] {
  return events.map((event) => (event[EVENT_KIND_WORD] as number) & 0xff);
}

t.test('while the disk is nearly full what adds to a book is refused, and all else is taken', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const key = venue.addKey(venue.addAccount());
  const instrument = venue.addInstrument(0);
  const { session, socket } = venue.logOn(key, { lane: LANE });
  const mode = new VenueMode(venue.gateway.http.parts.data.access.mode);
  let frames = 0;
  /** The private events that come of one frame. */
  const send = (...records: Int32Array[]): Int32Array[] => {
    const before = socket.events().length;
    frames += 1;
    venue.gateway.message(session, commandFrame(frames, ...records), true);
    venue.pump();
    return socket.events().slice(before);
  };
  const order = (low: number): Int32Array =>
    madeCommand(CommandKind.New, LANE, low, { instrument, price: 100, quantity: 10 });
  const about = (kind: number, low: number, of: Int32Array): Int32Array => {
    const [target, targetHigh] = of.subarray(EVENT_ORDER_ID) as unknown as [number, number];
    return madeCommand(kind, LANE, low, { instrument, target, targetHigh });
  };
  send(madeCommand(CommandKind.SetPhase, LANE, 1, { instrument, type: Phase.Continuous }));
  const [resting] = send(order(2));
  send(order(3));
  if (resting === undefined) throw new Error('The order is not answered.');
  venue.gateway.tick();
  t.same(statuses(socket), [], 'nothing is said of what is normal');

  mode.set(CAUSE_DISK, true);
  venue.gateway.tick();
  venue.gateway.tick();
  const told = { type: 'Status', code: StatusCode.CancelOnly, text: /^the disk is nearly full: only what takes away/ };
  t.match(statuses(socket), [told]);
  t.equal(statuses(socket).length, 1, 'once');
  t.same(send(order(4)), []);
  t.match(socket.last('Refused'), { number: frames, index: 0, reason: Reason.CancelOnly });
  t.same(send(about(CommandKind.Cancel, 5, resting), order(6)), [], 'nothing of a refused frame is taken');
  t.match(socket.last('Refused'), { number: frames, index: 1, reason: Reason.CancelOnly });
  t.same(send(about(CommandKind.Replace, 7, resting)), []);
  t.match(socket.last('Refused'), { number: frames, index: 0, reason: Reason.CancelOnly });
  t.equal(session.unanswered, 0);
  t.same(kindsOf(send(about(CommandKind.Cancel, 8, resting))), [EventKind.Cancelled]);
  t.ok(kindsOf(send(madeCommand(CommandKind.MassCancel, LANE, 9, { instrument }))).includes(EventKind.Cancelled));

  const late = venue.logOn(key, { lane: 2 });
  t.match(statuses(late.socket), [told], 'who logs on now is told');
  mode.set(CAUSE_DISK, false);
  venue.gateway.tick();
  t.match(statuses(socket).at(-1), { code: StatusCode.Normal });
  t.equal(kindsOf(send(order(10)))[0], EventKind.Accepted);
  t.equal(socket.refusals().length, 3);
});
