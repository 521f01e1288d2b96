import t from 'tap';
import { TakenSpans } from '../../engine/shard/taken-spans.js';
import { Session, type SessionSocket } from '../sessions/session.js';
import { AnswerWalker, SentCommands } from './sent-commands.js';

const SOCKET: SessionSocket = {
  send: () => true,
  bufferedBytes: () => 0,
  cork: (write) => write(),
  end: () => undefined,
};

function session(): Session {
  return new Session(SOCKET, 1, new Uint8Array(32), 0, 0);
}

for (const start of [0, 2 ** 31 - 5, 2 ** 32 - 5]) {
  t.test(`each command finds who sent it and when, with ring positions from ${start} on`, async (t) => {
    const memory = TakenSpans.create(16);
    const spans = new TakenSpans(memory);
    const sent = new SentCommands(16);
    const walker = new AnswerWalker(sent, memory, true);
    const [one, two] = [session(), session()];
    sent.push(start | 0, 3, one, 100);
    sent.push((start + 3) | 0, 1, null, 0);
    sent.push((start + 4) | 0, 8, two, 200);
    t.notOk(walker.answers(41), 'nothing was taken yet');
    // Another ring's commands have the sequences between.
    spans.push(50, start | 0, 2);
    spans.push(60, (start + 2) | 0, 4);
    spans.push(90, (start + 6) | 0, 6);
    const found = (sequence: number): unknown => (walker.answers(sequence) ? [walker.session, walker.inUs] : null);
    t.equal(found(49), null);
    t.same(found(50), [one, 100]);
    t.equal(found(50), null, 'its later events are no answer');
    t.same(found(51), [one, 100]);
    t.equal(found(52), null, 'a sequence of another ring');
    t.same(found(60), [one, 100]);
    t.equal(found(51), null, 'what a Continue goes on with has been answered');
    t.same(found(61), [null, 0], 'nobody waits for the session commands');
    t.same(found(62), [two, 200]);
    t.same(found(90), [two, 200]);
    t.same(found(95), [two, 200], 'Parts have sequences and no events');
    t.equal(walker.waiting(), 1, 'answered entries are free');
  });
}

t.test('behind a shard that came back, answers go by the sequences that it gives then', async (t) => {
  const memory = TakenSpans.create(16);
  const sent = new SentCommands(16);
  const walker = new AnswerWalker(sent, memory, true);
  const dead = new TakenSpans(memory);
  const [one, two, three] = [session(), session(), session()];
  for (const [position, who] of [one, two, three].entries()) sent.push(position, 1, who, position);
  dead.push(10, 0, 1);
  t.ok(walker.answers(10));
  t.equal(walker.session, one);
  // Another ring's commands had 11 to 13; the walker holds this one by then.
  dead.push(14, 1, 2);
  t.notOk(walker.answers(11));
  const back = new TakenSpans(memory);
  back.voidFrom(11);
  back.push(11, 1, 1);
  back.push(14, 2, 1);
  walker.lookAgain();
  t.ok(walker.answers(11));
  t.equal(walker.session, two);
  t.notOk(walker.answers(12));
  t.ok(walker.answers(14));
  t.equal(walker.session, three);
});

t.test('a second level walks ahead and the last one frees', async (t) => {
  const memory = TakenSpans.create(16);
  const spans = new TakenSpans(memory);
  const sent = new SentCommands(16);
  const durable = new AnswerWalker(sent, memory, true);
  const matched = new AnswerWalker(sent, memory, false);
  const who = session();
  for (let position = 0; position < 6; position++) sent.push(position, 1, who, position);
  spans.push(1, 0, 3);
  t.ok(durable.answers(1));
  matched.follow(durable);
  spans.push(4, 3, 3);
  for (let sequence = 2; sequence <= 6; sequence++) t.ok(matched.answers(sequence));
  for (let sequence = 2; sequence <= 6; sequence++) {
    t.ok(durable.answers(sequence));
    t.equal(durable.session, who);
    t.equal(durable.inUs, sequence - 1);
  }
  t.equal(sent.sessions.filter((one) => one !== null).length, 1, 'all but the last are let go');
});

t.test('a walker whose events were missed goes on with what comes after', async (t) => {
  const memory = TakenSpans.create(4);
  const spans = new TakenSpans(memory);
  const sent = new SentCommands(64);
  const walker = new AnswerWalker(sent, memory, true);
  const who = session();
  for (let position = 0; position < 20; position++) {
    sent.push(position, 1, position < 12 ? null : who, position);
    if (position < 12) spans.push(1 + position, position, 1);
  }
  t.notOk(walker.answers(5), 'written over: nothing is made up');
  walker.skipMissed();
  spans.push(30, 12, 8);
  t.ok(walker.answers(33));
  t.equal(walker.inUs, 15);
  t.equal(walker.session, who);
});
