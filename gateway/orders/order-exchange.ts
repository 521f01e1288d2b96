/**
 * Orders that are answered as a whole and not by a stream: each HTTP request, with the commands that it put into the
 * rings and the own events that came of them, until every one of its commands has ended. Gateway thread, hot for whoever
 * trades over HTTP and never touched otherwise.
 *
 * A request outlives its answer: after `answerMs` its client is told that it waits, and what comes later is dropped, but
 * its commands count against the window until they are answered.
 */

import { EVENT_ACCOUNT, EVENT_END_OF_COMMAND_BIT, EVENT_KIND_WORD, EVENT_WORDS } from '../../schemas/layout.js';

/** Who sends commands: a live session, or the session of an HTTP token. */
export interface CommandSender {
  readonly account: number;
  readonly lane: number;
  readonly incarnation: number;
  /** Bits of Right. */
  readonly rights: number;
  /** Commands taken and not answered. */
  unanswered: number;
}

/** Where an answer goes: the response in http/, a fake in tests. Each of the two is called at most once, never both. */
export interface OrderResponder {
  /** All commands have ended and are durable: the request's events are complete. They are valid until the call returns. */
  answer(request: OrderRequest): void;
  /** Not all have; nothing follows. */
  pending(request: OrderRequest): void;
}

const FIRST_EVENTS = 8;
const FREE_BUFFERS = 1024;
/** Events kept for one request; what is beyond is counted. */
const MAX_REQUEST_EVENTS = 16_384;
/** Events kept by all requests together: 96 bytes each. */
const MAX_KEPT_EVENTS = 1_048_576;
/** A request whose commands have not ended by then never hears of them: what it holds is let go. */
const FORGET_MS = 60_000;

/** Neighbouring events of one shard in a request's buffer. */
export interface ShardRun {
  readonly shard: number;
  count: number;
}

/** One request. Its fields are this room's to write. */
export class OrderRequest {
  readonly sender: CommandSender;
  /** Two words for each command: its client order id. */
  readonly ids: readonly number[];
  readonly inUs: number;
  readonly startMs: number;
  /** Null when nobody waits any more. */
  responder: OrderResponder | null;
  /** Commands (a mass cancel of all instruments counts once a shard) without their first event, and without their last. */
  unanswered: number;
  unended: number;
  /** Of the events kept: the events, their number, and whose they are in order. */
  events: Int32Array;
  count = 0;
  readonly runs: ShardRun[] = [];
  /** Events beyond the bounds. */
  leftOut = 0;

  constructor(
    sender: CommandSender,
    responder: OrderResponder,
    answers: number,
    ids: readonly number[],
    inUs: number,
    startMs: number,
    events: Int32Array,
  ) {
    this.sender = sender;
    this.responder = responder;
    this.unanswered = answers;
    this.unended = answers;
    this.ids = ids;
    this.inUs = inUs;
    this.startMs = startMs;
    this.events = events;
  }
}

export class OrderExchange {
  /** Commands that have begun and not ended: with none, the report path has nothing to look for. */
  open = 0;
  readonly #answerMs: number;
  /** By shard: command sequence -> request. */
  readonly #begun: readonly Map<number, OrderRequest>[];
  /** Oldest first: who waits for an answer, and who was told to wait. */
  readonly #waiting = new Set<OrderRequest>();
  readonly #late = new Set<OrderRequest>();
  readonly #free: Int32Array[] = [];
  #kept = 0;
  // The command whose events come now.
  #shard = 0;
  #command = 0;
  #request: OrderRequest | null = null;

  constructor(shardCount: number, answerMs: number) {
    this.#answerMs = answerMs;
    this.#begun = Array.from({ length: shardCount }, () => new Map<number, OrderRequest>());
  }

  /** Requests whose answer somebody waits for. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** A request whose commands are about to go into the rings; `answers` is set by `sent`. */
  make(
    sender: CommandSender,
    responder: OrderResponder,
    ids: readonly number[],
    inUs: number,
    nowMs: number,
  ): OrderRequest {
    const events = this.#free.pop() ?? new Int32Array(FIRST_EVENTS * EVENT_WORDS);
    return new OrderRequest(sender, responder, 0, ids, inUs, nowMs, events);
  }

  /** Its commands are in the rings: so many answers follow. */
  sent(request: OrderRequest, answers: number): void {
    request.unanswered = answers;
    request.unended = answers;
    this.#waiting.add(request);
  }

  /** None of them is. */
  refused(request: OrderRequest): void {
    this.#release(request);
  }

  /** The client is gone. */
  aborted(request: OrderRequest): void {
    if (request.responder === null) return;
    request.responder = null;
    if (this.#waiting.delete(request)) this.#late.add(request);
  }

  /** The first event of one of the request's commands is next. */
  begin(shard: number, command: number, request: OrderRequest): void {
    // Given up: it waited when this gateway fell behind.
    if (request.unanswered === 0) return;
    request.unanswered--;
    request.sender.unanswered--;
    (this.#begun[shard] as Map<number, OrderRequest>).set(command, request);
    this.open++;
  }

  /** Whether the events that come now, of this command, are to be given to `take`. */
  turnTo(shard: number, command: number): boolean {
    const request = (this.#begun[shard] as Map<number, OrderRequest>).get(command);
    if (request === undefined) return false;
    this.#shard = shard;
    this.#command = command;
    this.#request = request;
    return true;
  }

  /** One event of the command of the last `turnTo` that said yes. */
  take(words: Int32Array, at: number): void {
    const request = this.#request;
    if (request === null) return;
    if (words[at + EVENT_ACCOUNT] === request.sender.account) this.#keep(request, words, at);
    if (((words[at + EVENT_KIND_WORD] as number) & EVENT_END_OF_COMMAND_BIT) === 0) return;
    this.#request = null;
    (this.#begun[this.#shard] as Map<number, OrderRequest>).delete(this.#command);
    this.open--;
    request.unended--;
    if (request.unended === 0) this.#complete(request);
  }

  /** A few times a second: tells those that wait for long. */
  tick(nowMs: number): void {
    for (const request of this.#waiting) {
      if (nowMs - request.startMs < this.#answerMs) break;
      this.#giveUp(request);
      this.#late.add(request);
    }
    for (const request of this.#late) {
      if (nowMs - request.startMs < FORGET_MS) break;
      this.#forget(request);
    }
  }

  /** Events of that shard were missed: whose commands they were is not known any more. */
  fellBehind(): void {
    for (const request of [...this.#waiting, ...this.#late]) this.#forget(request);
  }

  /** Everybody is told that his commands wait: the gateway stops. */
  stop(): void {
    for (const request of this.#waiting) this.#giveUp(request);
  }

  #keep(request: OrderRequest, words: Int32Array, at: number): void {
    // Nobody reads it any more.
    if (request.responder === null) return;
    if (request.count >= MAX_REQUEST_EVENTS || this.#kept >= MAX_KEPT_EVENTS) {
      request.leftOut++;
      return;
    }
    const to = request.count * EVENT_WORDS;
    if (to === request.events.length) {
      const grown = new Int32Array(request.events.length * 2);
      grown.set(request.events);
      request.events = grown;
    }
    const { events } = request;
    for (let word = 0; word < EVENT_WORDS; word++) events[to + word] = words[at + word] as number;
    request.count++;
    this.#kept++;
    const run = request.runs[request.runs.length - 1];
    if (run !== undefined && run.shard === this.#shard) run.count++;
    else request.runs.push({ shard: this.#shard, count: 1 });
  }

  #complete(request: OrderRequest): void {
    if (!this.#waiting.delete(request)) this.#late.delete(request);
    const { responder } = request;
    request.responder = null;
    responder?.answer(request);
    this.#release(request);
  }

  #giveUp(request: OrderRequest): void {
    this.#waiting.delete(request);
    const { responder } = request;
    request.responder = null;
    responder?.pending(request);
    this.#release(request);
  }

  /** What it has begun is not looked for any more; what has not begun will not be. */
  #forget(request: OrderRequest): void {
    this.#late.delete(request);
    this.#giveUp(request);
    request.sender.unanswered -= request.unanswered;
    request.unanswered = 0;
    for (const begun of this.#begun) {
      for (const [command, owner] of begun) {
        if (owner !== request) continue;
        begun.delete(command);
        this.open--;
      }
    }
  }

  /** The buffer goes back; one that grew is the collector's. */
  #release(request: OrderRequest): void {
    this.#kept -= request.count;
    request.count = 0;
    if (request.events.length === FIRST_EVENTS * EVENT_WORDS && this.#free.length < FREE_BUFFERS) {
      this.#free.push(request.events);
    }
    request.events = NOTHING;
  }
}

const NOTHING = new Int32Array(0);
