/**
 * Brings money that moves between shards to where it goes. What a shard has sent and not heard about stands on its board
 * (engine/ledger/transit-board.ts), as far as it is durable; so does what the other one has received. From these two alone
 * it is clear what comes next, so nothing is kept here but when something was sent last: it is sent again until it shows.
 * Supervisor thread.
 *
 *   on A's board move k to B, on B's board less than k from A   ─► MoveIn k to B
 *   on A's board move k to B, on B's board k from A             ─► MoveDone k with its result to A
 */

import type { OldestMove, TransitBoard } from '../engine/ledger/transit-board.js';
import { CommandKind } from '../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_QUANTITY,
  COMMAND_WORDS,
  highWord,
} from '../schemas/layout.js';
import type { PlatformLog } from './log.js';
import type { OwnChannel } from './own-channel.js';

/** A look reads a few words of each pair of shards. */
const LOOK_MS = 5;
/** What does not show on a board by then is sent again: a shard that replays or syncs for long takes it twice, and does it once. */
const AGAIN_MS = 1000;
/** A move that takes so long is worth a line. */
const LATE_MS = 10_000;

/** What was sent last about the oldest move of two shards. */
interface LastSent {
  number: number;
  kind: CommandKind;
  atMs: number;
  /** When this move was seen first. */
  sinceMs: number;
  isTold: boolean;
}

export class MoveForwarding {
  private readonly boards: readonly TransitBoard[];
  private readonly channels: readonly Pick<OwnChannel, 'tryPublish'>[];
  private readonly log: Pick<PlatformLog, 'warn'>;
  private readonly nowMs: () => number;
  private readonly last = new Map<string, LastSent>();
  private timer: NodeJS.Timeout | null = null;

  /** Both by shard. */
  constructor(
    boards: readonly TransitBoard[],
    channels: readonly Pick<OwnChannel, 'tryPublish'>[],
    log: Pick<PlatformLog, 'warn'>,
    nowMs: () => number = () => performance.now(),
  ) {
    this.boards = boards;
    this.channels = channels;
    this.log = log;
    this.nowMs = nowMs;
  }

  start(): void {
    if (this.boards.length > 1) this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** Sends what comes next of each pair of shards. */
  look(): void {
    for (const [from, board] of this.boards.entries()) {
      for (const [to, other] of this.boards.entries()) {
        const move = from === to ? null : board.oldest(to);
        if (move !== null) this.bring(from, to, move, other.received(from));
      }
    }
  }

  private bring(
    from: number,
    to: number,
    move: OldestMove,
    received: { readonly number: number; readonly result: number },
  ): void {
    const { number } = move;
    const isThere = received.number >= number;
    const kind = isThere ? CommandKind.MoveDone : CommandKind.MoveIn;
    const now = this.nowMs();
    const key = `${from}>${to}`;
    const last = this.last.get(key);
    const isNew = last?.number !== number;
    const sinceMs = isNew ? now : last.sinceMs;
    const isTold = this.warn(from, to, number, now - sinceMs, !isNew && last.isTold);
    if (!isNew && last.kind === kind && now - last.atMs < AGAIN_MS) {
      last.isTold = isTold;
      return;
    }
    const words = isThere ? doneWords(number, to, received.result) : inWords(move, from);
    // A ring that is full now has room at the next look.
    if (this.channels[isThere ? from : to]?.tryPublish(words, 0, 1) !== true) return;
    this.last.set(key, { number, kind, atMs: now, sinceMs, isTold });
  }

  private warn(from: number, to: number, number: number, ms: number, isTold: boolean): boolean {
    if (isTold || ms < LATE_MS) return isTold;
    this.log.warn({ from, to, number }, `move ${number} of money from shard ${from} to shard ${to} does not arrive`);
    return true;
  }
}

function inWords({ number, account, asset, amount }: OldestMove, from: number): Int32Array {
  const words = numbered(CommandKind.MoveIn, number, from);
  words[COMMAND_ACCOUNT] = account;
  words[COMMAND_INSTRUMENT] = asset;
  words[COMMAND_QUANTITY] = amount | 0;
  words[COMMAND_DISPLAY_QUANTITY] = highWord(amount);
  return words;
}

function doneWords(number: number, to: number, result: number): Int32Array {
  const words = numbered(CommandKind.MoveDone, number, to);
  words[COMMAND_QUANTITY] = result;
  return words;
}

function numbered(kind: CommandKind, number: number, peer: number): Int32Array {
  const words = new Int32Array(COMMAND_WORDS);
  words[COMMAND_KIND_WORD] = kind;
  words[COMMAND_CLIENT_ORDER_ID] = number | 0;
  words[COMMAND_CLIENT_ORDER_ID + 1] = highWord(number);
  words[COMMAND_MIN_QUANTITY] = peer;
  return words;
}
