/**
 * What this gateway has put into one command ring and which event is the answer to it. Gateway thread.
 *
 * Each publish leaves an entry: ring position, slots, who sent it, when it came in. The shard says which command
 * sequences a run of slots was given (engine/shard/taken-spans.ts). So the first event of a command sequence leads to a
 * ring position, and that to the entry. Each level that is served walks the entries with a cursor of its own; the
 * durable one, which is never ahead of the other, frees them.
 *
 *   entries   freed ... durable walker ... matched walker ... pushed        (numbers modulo 2^32, slot = number & mask)
 */

import { TakenSpansReader } from '../../engine/shard/taken-spans.js';
import type { Session } from '../sessions/session.js';
import type { OrderRequest } from './order-exchange.js';

/** Entries of one ring, oldest first. Full only if the shard took nothing for longer than the rings are long. */
export class SentCommands {
  readonly positions: Int32Array;
  readonly slots: Int32Array;
  readonly inUs: Float64Array;
  readonly sessions: (Session | null)[];
  readonly requests: (OrderRequest | null)[];
  readonly mask: number;
  /** Number of the next entry. */
  pushed = 0;

  /** `capacity`: a power of two. */
  constructor(capacity: number) {
    this.mask = capacity - 1;
    this.positions = new Int32Array(capacity);
    this.slots = new Int32Array(capacity);
    this.inUs = new Float64Array(capacity);
    this.sessions = new Array<Session | null>(capacity).fill(null);
    this.requests = new Array<OrderRequest | null>(capacity).fill(null);
  }

  /** `slots` records from ring position `position` on. Neither session nor request: nobody waits for the answers. */
  push(
    position: number,
    slots: number,
    session: Session | null,
    inUs: number,
    request: OrderRequest | null = null,
  ): void {
    const at = this.pushed & this.mask;
    this.positions[at] = position;
    this.slots[at] = slots;
    this.sessions[at] = session;
    this.requests[at] = request;
    this.inUs[at] = inUs;
    this.pushed = (this.pushed + 1) | 0;
  }
}

/** One level's walk along the entries, in the order of events. */
export class AnswerWalker {
  /** Who sent the command that `answers` recognised, and when it came in, µs. */
  session: Session | null = null;
  inUs = 0;
  #request: OrderRequest | null = null;

  readonly #sent: SentCommands;
  readonly #spans: TakenSpansReader;
  readonly #frees: boolean;
  #entry = 0;
  #span = false;
  #lastSequence = 0;

  /** `frees`: this walker comes last, so it forgets who sent what is answered. */
  constructor(sent: SentCommands, spans: SharedArrayBuffer, frees: boolean) {
    this.#sent = sent;
    this.#frees = frees;
    this.#spans = new TakenSpansReader(spans);
  }

  /**
   * Whether the event is the first one of a command that this gateway sent. Give it the command sequence of each event
   * in the order of the ring; events that a Continue made, with a sequence from before, are nobody's answer.
   */
  answers(commandSequence: number): boolean {
    if (commandSequence <= this.#lastSequence) return false;
    const spans = this.#spans;
    for (;;) {
      if (!this.#span) this.#span = spans.peek();
      if (!this.#span || commandSequence < spans.firstSequence) return false;
      if (commandSequence < spans.firstSequence + spans.count) break;
      spans.advance();
      this.#span = false;
    }
    this.#lastSequence = commandSequence;
    return this.#find((spans.position + (commandSequence - spans.firstSequence)) | 0);
  }

  /** The request that sent the command recognised last, once; null: a session did, or nobody. */
  takeRequest(): OrderRequest | null {
    const request = this.#request;
    this.#request = null;
    return request;
  }

  /** Entries that this walker still needs. */
  waiting(): number {
    return (this.#sent.pushed - this.#entry) | 0;
  }

  /** Events were missed: what the shard said so far stays unpaired. Nobody waits for it, the sessions are closed. */
  skipMissed(): void {
    this.#spans.jumpToEnd();
    this.#span = false;
  }

  /** The shard came back: what it said and did not make durable is void, and it gives those sequences again. */
  lookAgain(): void {
    this.#span = false;
  }

  /** Stands where `other` stands. */
  follow(other: AnswerWalker): void {
    this.#entry = other.#entry;
    this.#spans.follow(other.#spans);
    this.#span = false;
    this.#lastSequence = other.#lastSequence;
  }

  #find(position: number): boolean {
    const { positions, slots, sessions, requests, inUs, mask, pushed } = this.#sent;
    while (this.#entry !== pushed) {
      const at = this.#entry & mask;
      const offset = (position - (positions[at] as number)) | 0;
      if (offset < 0) return false;
      if (offset < (slots[at] as number)) {
        this.session = sessions[at] as Session | null;
        this.#request = requests[at] as OrderRequest | null;
        this.inUs = inUs[at] as number;
        return true;
      }
      // Its last command is behind us. The name is let go, or a closed session stays in memory for a ring's length.
      if (this.#frees) {
        sessions[at] = null;
        requests[at] = null;
      }
      this.#entry = (this.#entry + 1) | 0;
    }
    return false;
  }
}
