/**
 * One gateway's way into one shard: the command ring, what was put into it, the shard's doorbell, and the session
 * commands that must get in even when the ring is full. Gateway thread; the ring's only producer.
 */

import type { CommandRing } from '../../engine/ring/command-ring.js';
import type { Doorbell } from '../../engine/ring/doorbell.js';
import { CommandFlag, CommandKind } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import type { Session } from '../sessions/session.js';
import type { OrderRequest } from './order-exchange.js';
import type { AnswerWalker, SentCommands } from './sent-commands.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_WORDS,
} = layout;

const SESSION_OPEN: number = CommandKind.SessionOpen;
const SESSION_LOST: number = CommandKind.SessionLost;
const CANCEL_ON_DISCONNECT = CommandFlag.CancelOnDisconnect << 16;

interface SessionCommand {
  readonly kind: number;
  readonly account: number;
  readonly lane: number;
  readonly incarnation: number;
  readonly cancelAfterSeconds: number | undefined;
}

export class ShardLink {
  readonly shard: number;
  readonly ring: CommandRing;
  readonly sent: SentCommands;
  readonly durable: AnswerWalker;
  readonly matched: AnswerWalker;
  readonly #doorbell: Doorbell;
  readonly #soon: (work: () => void) => void;
  readonly #ring: () => void;
  #willRing = false;
  readonly #words = new Int32Array(COMMAND_WORDS);
  /** Session commands that found the ring full. */
  #waiting: SessionCommand[] = [];

  constructor(
    shard: number,
    ring: CommandRing,
    sent: SentCommands,
    durable: AnswerWalker,
    matched: AnswerWalker,
    doorbell: Doorbell,
    soon: (work: () => void) => void,
  ) {
    this.shard = shard;
    this.ring = ring;
    this.sent = sent;
    this.durable = durable;
    this.matched = matched;
    this.#doorbell = doorbell;
    this.#soon = soon;
    this.#ring = () => {
      this.#willRing = false;
      this.#doorbell.ring();
    };
  }

  /** Slots that may be taken now. None while session commands wait: nothing may pass them. */
  free(): number {
    if (this.#waiting.length > 0 || this.durable.waiting() >= this.sent.mask) return 0;
    return this.ring.free();
  }

  /** Publishes records that `free` said there is room for; the shard is woken by `wake`. */
  publish(
    words: Int32Array,
    at: number,
    count: number,
    session: Session | null,
    inUs: number,
    request: OrderRequest | null = null,
  ): void {
    const behind = this.ring.publish(words, at, count);
    if (behind < 0) throw new Error(`A command ring with room for ${count} records did not take them.`);
    this.sent.push((behind - count) | 0, count, session, inUs, request);
  }

  /**
   * Rings the shard, not at once: rung for the first of several frames that came together, it would take that one alone,
   * and the others would wait for its write.
   */
  wake(): void {
    if (this.#willRing) return;
    this.#willRing = true;
    this.#soon(this.#ring);
  }

  /**
   * Opens an incarnation in this shard. Never refused: what does not fit waits and goes first. `cancelAfterSeconds`: cancel
   * on disconnect; undefined: the lane's orders stay.
   */
  openSession(account: number, lane: number, incarnation: number, cancelAfterSeconds: number | undefined): void {
    this.#send({ kind: SESSION_OPEN, account, lane, incarnation, cancelAfterSeconds });
  }

  /** Closes an incarnation. */
  loseSession(incarnation: number): void {
    this.#send({ kind: SESSION_LOST, account: 0, lane: 0, incarnation, cancelAfterSeconds: undefined });
  }

  /** Tries again what found the ring full. True when nothing waits any more. */
  retry(): boolean {
    let done = 0;
    while (done < this.#waiting.length && this.durable.waiting() < this.sent.mask && this.ring.free() > 0) {
      this.#publishSession(this.#waiting[done] as SessionCommand);
      done++;
    }
    if (done > 0) {
      this.#waiting.splice(0, done);
      this.wake();
    }
    return this.#waiting.length === 0;
  }

  #send(command: SessionCommand): void {
    this.#waiting.push(command);
    this.retry();
  }

  #publishSession({ kind, account, lane, incarnation, cancelAfterSeconds }: SessionCommand): void {
    const words = this.#words;
    words.fill(0);
    // The lane in the top 16 bits, counter 0. The engine knows the lane of an incarnation that is lost.
    words[COMMAND_CLIENT_ORDER_ID + 1] = lane << 16;
    words[COMMAND_ACCOUNT] = account;
    words[COMMAND_SESSION] = incarnation;
    words[COMMAND_KIND_WORD] = kind;
    if (cancelAfterSeconds !== undefined) {
      words[COMMAND_QUANTITY] = cancelAfterSeconds;
      words[COMMAND_FLAGS_WORD] = CANCEL_ON_DISCONNECT;
    }
    this.publish(words, 0, 1, null, 0);
  }
}
