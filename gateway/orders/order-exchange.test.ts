/** Requests that are answered as a whole: which events are theirs, what is kept of them, and when they are let go. */

import t from 'tap';
import {
  EVENT_ACCOUNT,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_KIND_WORD,
  EVENT_SEQUENCE,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { type CommandSender, OrderExchange, type OrderRequest } from './order-exchange.js';

const ANSWER_MS = 5000;

class Responder {
  readonly said: string[] = [];
  sequences: number[] = [];
  leftOut = 0;
  answer(request: OrderRequest): void {
    this.said.push('answer');
    this.sequences = Array.from(
      { length: request.count },
      (_, event) => request.events[event * EVENT_WORDS + EVENT_SEQUENCE] as number,
    );
    this.leftOut = request.leftOut;
  }
  pending(): void {
    this.said.push('pending');
  }
}

function sender(account = 7): CommandSender {
  return { account, lane: 1, incarnation: 1, rights: 15, unanswered: 0 };
}

/** A request whose commands were taken. */
function sent(exchange: OrderExchange, from: CommandSender, answers: number, nowMs = 0) {
  const responder = new Responder();
  const request = exchange.make(from, responder, [1, 2], 5, nowMs);
  from.unanswered += answers;
  exchange.sent(request, answers);
  return { responder, request };
}

function event(sequence: number, account: number, end: boolean): Int32Array {
  const words = new Int32Array(EVENT_WORDS);
  words[EVENT_SEQUENCE] = sequence;
  words[EVENT_ACCOUNT] = account;
  words[EVENT_KIND_WORD] = end ? EVENT_END_OF_COMMAND_BIT : 0;
  return words;
}

/** As the durable pass does. */
function give(exchange: OrderExchange, shard: number, command: number, ...events: Int32Array[]): void {
  const taken = exchange.open > 0 && exchange.turnTo(shard, command);
  for (const words of events) if (taken) exchange.take(words, 0);
}

t.test('commands of several requests that take turns find their own', async (t) => {
  const exchange = new OrderExchange(2, ANSWER_MS);
  const from = sender();
  const [one, two] = [sent(exchange, from, 2), sent(exchange, from, 1)];
  exchange.begin(0, 10, one.request);
  give(exchange, 0, 10, event(1, 7, false), event(2, 8, false));
  exchange.begin(0, 11, two.request);
  give(exchange, 0, 11, event(3, 7, false));
  give(exchange, 0, 12, event(4, 7, true));
  give(exchange, 0, 10, event(5, 7, true));
  exchange.begin(1, 10, one.request);
  give(exchange, 0, 11, event(6, 9, true));
  t.same(two.responder.said, ['answer'], 'the end may be in an event of somebody else');
  t.same(two.responder.sequences, [3]);
  t.same(one.responder.said, []);
  give(exchange, 1, 10, event(1, 7, true));
  t.same(one.responder.said, ['answer']);
  t.same(one.responder.sequences, [1, 5, 1]);
  t.same(
    one.request.runs.map(({ shard, count }) => [shard, count]),
    [
      [0, 2],
      [1, 1],
    ],
  );
  t.same([exchange.open, exchange.waiting, from.unanswered], [0, 0, 0]);
});

t.test('what is beyond the bound is counted, and all is given back', async (t) => {
  const exchange = new OrderExchange(1, ANSWER_MS);
  const { request, responder } = sent(exchange, sender(), 1);
  exchange.begin(0, 1, request);
  const many = event(1, 7, false);
  for (let at = 0; at < 16_484; at++) give(exchange, 0, 1, many);
  give(exchange, 0, 1, event(2, 7, true));
  t.same(responder.said, ['answer']);
  t.same([responder.sequences.length, responder.leftOut], [16_384, 101]);

  const all = Array.from({ length: 65 }, (_, at) => ({ ...sent(exchange, sender(), 1), command: at + 10 }));
  for (const { request: one, command } of all) {
    exchange.begin(0, command, one);
    for (let at = 0; at < 16_384; at++) give(exchange, 0, command, many);
  }
  for (const { command } of all) give(exchange, 0, command, event(2, 7, true));
  t.same(
    all.map(({ responder: { sequences } }) => sequences.length),
    [...new Array<number>(64).fill(16_384), 1],
    'a million events in all, whoever has them; what ended left room for one more',
  );
  t.equal(exchange.open, 0);
});

t.test('who waits too long is told once, and what comes later is dropped', async (t) => {
  const exchange = new OrderExchange(1, ANSWER_MS);
  const from = sender();
  const [early, late] = [sent(exchange, from, 1, 0), sent(exchange, from, 1, 1000)];
  exchange.tick(4999);
  t.same(early.responder.said, []);
  exchange.tick(5000);
  t.same([early.responder.said, late.responder.said], [['pending'], []]);
  t.equal(from.unanswered, 2, 'its command is still unanswered');
  exchange.begin(0, 1, early.request);
  give(exchange, 0, 1, event(1, 7, true));
  t.same([early.responder.said, from.unanswered, exchange.open], [['pending'], 1, 0]);
  exchange.tick(6000);
  t.same(late.responder.said, ['pending']);
  exchange.begin(0, 2, late.request);
  t.equal(exchange.open, 1);
  exchange.tick(61_000);
  t.same([exchange.open, from.unanswered], [0, 0], 'one that never ends is forgotten');
  give(exchange, 0, 2, event(2, 7, true));
  t.same(late.responder.said, ['pending']);
});

t.test('who is gone is told nothing, before and behind the end', async (t) => {
  const exchange = new OrderExchange(1, ANSWER_MS);
  const from = sender();
  const [gone, here, refused] = [sent(exchange, from, 1), sent(exchange, from, 1), new Responder()];
  exchange.aborted(gone.request);
  t.equal(exchange.waiting, 1);
  exchange.begin(0, 1, gone.request);
  give(exchange, 0, 1, event(1, 7, true));
  exchange.begin(0, 2, here.request);
  give(exchange, 0, 2, event(2, 7, true));
  exchange.aborted(here.request);
  exchange.refused(exchange.make(from, refused, [], 0, 0));
  exchange.tick(100_000);
  t.same([gone.responder.said, here.responder.said, refused.said], [[], ['answer'], []]);
  t.equal(from.unanswered, 0);
});

t.test('what was missed is not waited for, and what comes of it later is not counted twice', async (t) => {
  const exchange = new OrderExchange(2, ANSWER_MS);
  const from = sender();
  const { request, responder } = sent(exchange, from, 3);
  exchange.begin(0, 1, request);
  give(exchange, 0, 1, event(1, 7, false));
  exchange.fellBehind();
  t.same([responder.said, from.unanswered, exchange.open], [['pending'], 0, 0]);
  exchange.begin(1, 1, request);
  t.same([from.unanswered, exchange.open], [0, 0]);
  const stopped = sent(exchange, from, 1);
  exchange.stop();
  t.same(stopped.responder.said, ['pending']);
});
