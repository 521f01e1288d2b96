/**
 * Commands that wait for their first report, and the fence that settles for certain what a lost connection left open.
 *
 *   queued      not yet sent: goes out with the next frame, after a reconnect as well
 *   sent        in a frame of the session `incarnation`; its answer is a report, or a refusal that names the frame
 *   fenced      sent by an older session: the logon's answer names a point for each shard, and what is not reported up
 *               to it never happened; once this client holds the stream up to there, the rest is settled
 */

import { EventKind, Reason } from '../schemas/codes.js';
import {
  EVENT_CLIENT_ORDER_ID,
  EVENT_KIND_WORD,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_RELATED_ID,
  joinWords,
} from '../schemas/layout.js';
import type { AnyReport } from './events.js';
import { TredyeError } from './tredye-error.js';

/** Not an answer to a command of this lane. */
export const NO_ANSWER = -1;
/** Every shard: a command without an instrument is settled when all have been heard. */
export const EVERY_SHARD = -1;
/** One shard, and the platform knows which: the instrument is not known here. */
export const SOME_SHARD = -2;

const KIND_CANCELLED = EventKind.Cancelled;
const KIND_STARTED = EventKind.Started;
const KIND_ORDER_STATE = EventKind.OrderState;
const REASON_BY_CLIENT = Reason.ByClient;
const REASON_REPLACED_TO_DONE = Reason.ReplacedToDone;

const ANSWERS: readonly boolean[] = Array.from({ length: 256 }, (_, kind) =>
  [
    EventKind.Accepted,
    EventKind.Rejected,
    EventKind.Reduced,
    EventKind.Replaced,
    EventKind.PhaseChanged,
    EventKind.Uncrossed,
    EventKind.ReferenceChanged,
    EventKind.Started,
    EventKind.DeadManSet,
    EventKind.InstrumentAdded,
    EventKind.AccountAdded,
    EventKind.KeyAdded,
    EventKind.KeyRevoked,
    EventKind.ReferenceChanged,
    EventKind.PositionState,
    EventKind.BalanceState,
    EventKind.FeesSet,
    EventKind.LimitsSet,
    EventKind.AssetAdded,
    EventKind.Noted,
    EventKind.Busted,
    EventKind.Corrected,
    EventKind.KillChanged,
    EventKind.Deposited,
    EventKind.MovedOut,
    EventKind.Withdrawn,
  ].includes(kind),
);

function counterAt(words: Int32Array, at: number, lane: number): number {
  const high = (words[at + 1] ?? 0) >>> 0;
  return high >>> 16 === lane ? joinWords(words[at] ?? 0, high & 0xffff) : NO_ANSWER;
}

/**
 * Which command of this lane an event is the first answer to: its counter, or NO_ANSWER. Everything but a cancel, a
 * replace of what is filled and a status answers under the command's own id; those report on the order, and name the
 * command.
 */
export function answeredCounter(words: Int32Array, at: number, lane: number): number {
  const kindWord = words[at + EVENT_KIND_WORD] ?? 0;
  const kind = kindWord & 0xff;
  if (kind === KIND_CANCELLED) {
    const reason = kindWord >>> 16;
    if (reason !== REASON_BY_CLIENT && reason !== REASON_REPLACED_TO_DONE) return NO_ANSWER;
    return counterAt(words, at + EVENT_RELATED_ID, lane);
  }
  if (kind === KIND_ORDER_STATE) return counterAt(words, at + EVENT_RELATED_ID, lane);
  // An uncross that walks own orders first says so; its answer is Uncrossed.
  if (kind === KIND_STARTED && ((kindWord >>> EVENT_LIQUIDITY_SHIFT) & 3) !== 0) return NO_ANSWER;
  return ANSWERS[kind] === true ? counterAt(words, at + EVENT_CLIENT_ORDER_ID, lane) : NO_ANSWER;
}

export interface PendingCommand {
  readonly counter: number;
  /** The shard that answers, EVERY_SHARD or SOME_SHARD. */
  readonly shard: number;
  /** How many first reports it gets, each of another shard. */
  readonly answers: number;
  /** Those that came. */
  readonly heard: AnyReport[];
  /** 0: not sent yet. */
  incarnation: number;
  frameNumber: number;
  readonly resolve: (report: AnyReport) => void;
  readonly reject: (error: TredyeError) => void;
}

/** Behind the fence: no shard has taken it, or of a command for all of them some have not. */
function neverTaken({ answers, heard }: PendingCommand): TredyeError {
  if (heard.length === 0) {
    return new TredyeError(
      'NEVER_HAPPENED',
      'The connection was lost before the platform took this command: it never happened and never will.',
      { canRetry: true },
    );
  }
  const shards = Array.from({ length: answers }, (_, shard) => shard).filter(
    (shard) => !heard.some((report) => report.shard === shard),
  );
  return new TredyeError(
    'SHARDS_MISSING',
    `The platform was lost before shards ${shards.join(', ')} took this command.`,
    {
      canRetry: true,
      shards,
    },
  );
}

export class PendingCommands {
  private readonly byCounter = new Map<number, PendingCommand>();

  get size(): number {
    return this.byCounter.size;
  }

  add(command: PendingCommand): void {
    this.byCounter.set(command.counter, command);
  }

  has(counter: number): boolean {
    return this.byCounter.has(counter);
  }

  /** It is on its way, in that frame of that session. */
  sent(counter: number, frameNumber: number, incarnation: number): void {
    const command = this.byCounter.get(counter);
    if (command === undefined) return;
    command.frameNumber = frameNumber;
    command.incarnation = incarnation;
  }

  /** A first report. With several, the last one settles it: by the first refusal among them, where there is one. */
  resolve(counter: number, report: AnyReport): void {
    const command = this.byCounter.get(counter);
    if (command === undefined) return;
    const { heard } = command;
    if (!heard.some(({ shard }) => shard === report.shard)) heard.push(report);
    if (heard.length < command.answers) return;
    this.byCounter.delete(counter);
    command.resolve(heard.find(({ kind }) => kind === 'Rejected') ?? report);
  }

  /** A frame of this session was not taken. Rejects its commands. */
  refuseFrame(frameNumber: number, incarnation: number, error: TredyeError): void {
    for (const command of this.byCounter.values()) {
      if (command.frameNumber === frameNumber && command.incarnation === incarnation) {
        this.byCounter.delete(command.counter);
        command.reject(error);
      }
    }
  }

  /**
   * The fence of one shard: this client holds everything up to the point where session `incarnation` opened there, so
   * what older sessions sent to it and what is not reported by now never happened. heardAll: true when that holds for
   * every shard by now.
   */
  fence(shard: number, incarnation: number, heardAll: boolean): void {
    for (const command of this.byCounter.values()) {
      if (command.incarnation === 0 || command.incarnation === incarnation) continue;
      if (command.shard !== shard && !(command.shard < 0 && heardAll)) continue;
      this.byCounter.delete(command.counter);
      command.reject(neverTaken(command));
    }
  }

  /**
   * A snapshot stands in place of the stream of a shard up to where the lane's mark is `mark`: what older sessions sent with a
   * counter up to it was taken, and what became of it is not told any more.
   */
  passedOver(shard: number, incarnation: number, mark: number): void {
    for (const command of this.byCounter.values()) {
      if (command.incarnation === 0 || command.incarnation === incarnation) continue;
      if (command.shard !== shard || command.counter > mark) continue;
      this.byCounter.delete(command.counter);
      const sentence =
        'The platform took this command and its answer lies too far back to be told: the snapshot shows what the account has now.';
      command.reject(new TredyeError('ANSWER_MISSED', sentence));
    }
  }

  /** The client is closed: what was not sent never happened, what was is open. */
  close(error: TredyeError): void {
    for (const command of this.byCounter.values()) {
      command.reject(
        command.incarnation === 0
          ? new TredyeError('NEVER_HAPPENED', `This command was never sent: ${error.message}`)
          : new TredyeError('UNSETTLED', `Whether this command was taken is open: ${error.message}`),
      );
    }
    this.byCounter.clear();
  }
}
