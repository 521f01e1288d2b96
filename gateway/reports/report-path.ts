/**
 * Private events to the sessions of their account, in sequence, without a hole: what a pass over a shard's events at one
 * level does. Gateway thread, hot.
 *
 * There are two passes over a shard. The durable one takes every event once (shard-feed.ts) and serves all sessions but
 * those of level matched; the matched one runs ahead of it while such a session is live. Both tell by the shard's word
 * which commands of this gateway are answered (sent-commands.ts), so that windows are counted exactly.
 *
 * Events of a batch are only linked to their sessions while the batch is walked; frames are written session by session
 * at its end, with one frame buffer for all, because the socket copies what it is given.
 */

import * as outputReader from '../../engine/ring/output-reader.js';
import { AckLevel, EventKind } from '../../schemas/codes.js';
import { ReportFrameWriter } from '../../schemas/frame-writer.js';
import * as layout from '../../schemas/layout.js';
import { joinWords } from '../../schemas/layout.js';
import type { Clock } from '../clock.js';
import type { OrderTimes } from '../metrics/order-times.js';
import type { OrderExchange } from '../orders/order-exchange.js';
import type { AnswerWalker } from '../orders/sent-commands.js';
import type { ShardLink } from '../orders/shard-link.js';
import type { Session } from '../sessions/session.js';
import * as sessionStates from '../sessions/session.js';
import type { AccountStream, SessionTable } from '../sessions/session-table.js';
import type { ShardFeed } from './shard-feed.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { UP_TO_MATCHED } = outputReader;
const {
  EVENT_ACCOUNT,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_COMMAND_SEQUENCE,
  EVENT_KIND_WORD,
  EVENT_SEQUENCE,
  EVENT_SESSION,
  EVENT_TIME_US,
  EVENT_WORDS,
} = layout;
const { LIVE, OPENING } = sessionStates;

const SESSION_OPENED: number = EventKind.SessionOpened;
const REJECTED: number = EventKind.Rejected;
const DISK: number = AckLevel.Disk;
const MATCHED: number = AckLevel.Matched;

const NONE = -1;

/** What the durable pass tells whoever opens sessions. */
export interface OpeningWatch {
  /** Sessions that wait for their SessionOpened; 0 spares the look at each refusal. */
  readonly opening: number;
  /** A SessionOpened of any gateway. */
  sessionOpened(shard: number, events: Int32Array, at: number): void;
  /** A refusal whose sender is this opening session. */
  openingRefused(session: Session, reason: number): void;
}

/** Called for a session that reads too slowly or has lost bytes: it must be closed and resume. */
export type SlowReader = (session: Session) => void;

export class ReportPath {
  /** Live sessions of level matched: the matched passes run while there is one. */
  #matchedSessions = 0;

  readonly #links: readonly ShardLink[];
  readonly #table: SessionTable;
  readonly #clock: Clock;
  readonly #times: OrderTimes;
  readonly #window: number;
  readonly #maxBufferedBytes: number;
  readonly #slowReader: SlowReader;
  readonly #exchange: OrderExchange;
  readonly #writer = new ReportFrameWriter();
  /** Where each shard's matched pass stands, a sequence; NONE when there is no pass. */
  readonly #matchedAt: number[];
  readonly #batch: Int32Array;
  readonly #maxEvents: number;

  // Which events go to whom: entry -> event of the batch, next entry of the same session.
  #entryEvent = new Int32Array(4096);
  #entryNext = new Int32Array(4096);
  #entries = 0;
  readonly #touched: Session[] = [];

  // What the frames being written have in common.
  readonly #writeCurrent: () => void;
  #current: Session | null = null;
  #words: Int32Array;
  #feed: ShardFeed | null = null;
  #reached = DISK;
  #replayed = false;
  /** The frames are timed: those of a pass over live events. */
  #timed = false;
  #nowUs = 0;

  constructor(
    links: readonly ShardLink[],
    table: SessionTable,
    clock: Clock,
    times: OrderTimes,
    bounds: { readonly window: number; readonly maxBufferedBytes: number; readonly eventsPerTurn: number },
    exchange: OrderExchange,
    slowReader: SlowReader,
  ) {
    this.#links = links;
    this.#exchange = exchange;
    this.#table = table;
    this.#clock = clock;
    this.#times = times;
    this.#window = bounds.window;
    this.#maxBufferedBytes = bounds.maxBufferedBytes;
    this.#maxEvents = bounds.eventsPerTurn;
    this.#slowReader = slowReader;
    this.#matchedAt = links.map(() => NONE);
    this.#batch = new Int32Array(bounds.eventsPerTurn * EVENT_WORDS);
    this.#words = this.#batch;
    this.#writeCurrent = () => this.#writeFrames();
  }

  /** A session of level matched is live (+1), or is no more (-1): shards ring for what is matched while there is one. */
  countMatched(by: 1 | -1, feeds: readonly ShardFeed[]): void {
    const before = this.#matchedSessions;
    this.#matchedSessions += by;
    if ((before === 0) !== (this.#matchedSessions === 0)) {
      for (const { view } of feeds) view.wantMatched(this.#matchedSessions > 0);
    }
  }

  /** Where the pass that serves this session stands: the sequence behind which it delivers. */
  passAt(session: Session, feed: ShardFeed): number {
    const matchedAt = this.#matchedAt[feed.shard] as number;
    return session.matched && matchedAt !== NONE ? matchedAt : feed.at;
  }

  /**
   * The sequence that the durable pass must not go behind: it frees what the matched pass still has to pair, and the
   * shard may make more durable between the two.
   */
  durableUpTo(feed: ShardFeed): number {
    const matchedAt = this.#matchedAt[feed.shard] as number;
    return matchedAt === NONE ? Number.POSITIVE_INFINITY : matchedAt;
  }

  /** Whether the matched pass of a shard has events to look at. */
  matchedWaits(feed: ShardFeed): boolean {
    if (this.#matchedSessions === 0 || !feed.live) return false;
    const matchedAt = this.#matchedAt[feed.shard] as number;
    // A pass that has not begun will begin where the durable one stands.
    return feed.view.levelPosition(UP_TO_MATCHED) !== (matchedAt === NONE ? feed.at : matchedAt) >>> 0;
  }

  /** The durable pass over `count` events behind `feed.at`. */
  durablePass(feed: ShardFeed, words: Int32Array, count: number, watch: OpeningWatch): void {
    const link = this.#links[feed.shard] as ShardLink;
    this.#begin(feed, words, DISK, false);
    this.#time(feed.shard, true, feed.at, feed.live ? count : 0);
    const shard = feed.shard;
    const exchange = this.#exchange;
    let exchanged = false;
    let exchangeCommand = 0;
    let lastCommand = 0;
    let lastAccount = 0;
    let stream: AccountStream | undefined;
    for (let event = 0; event < count; event++) {
      const at = event * EVENT_WORDS;
      const command = joinWords(
        words[at + EVENT_COMMAND_SEQUENCE] as number,
        words[at + EVENT_COMMAND_SEQUENCE + 1] as number,
      );
      if (command !== lastCommand) {
        lastCommand = command;
        if (feed.live && link.durable.answers(command)) this.#answered(link.durable, false, event);
      }
      if (command !== exchangeCommand) {
        exchangeCommand = command;
        const request = link.durable.takeRequest();
        if (request !== null) {
          this.#times.answered(event, link.durable.inUs);
          exchange.begin(shard, command, request);
        }
        exchanged = exchange.open > 0 && exchange.turnTo(shard, command);
      }
      if (exchanged) exchange.take(words, at);
      const kind = (words[at + EVENT_KIND_WORD] as number) & 0xff;
      if (kind === SESSION_OPENED) watch.sessionOpened(shard, words, at);
      else if (kind === REJECTED && watch.opening > 0) this.#refusedOpening(words, at, watch);
      const account = (words[at + EVENT_ACCOUNT] as number) >>> 0;
      if (account === 0) continue;
      if (account !== lastAccount) {
        lastAccount = account;
        stream = this.#table.stream(account);
      }
      if (stream === undefined) continue;
      stream.lastSequence[shard] = joinWords(
        words[at + EVENT_SEQUENCE] as number,
        words[at + EVENT_SEQUENCE + 1] as number,
      );
      stream.lastAccountSequence[shard] = words[at + EVENT_ACCOUNT_SEQUENCE] as number;
      this.#addEntries(stream, shard, event, false);
    }
    this.#flushTouched(this.#maxBufferedBytes);
    this.#endTimes();
  }

  /** The matched pass of a shard: the next events that are matched, a bounded number. Returns how many there were. */
  matchedPass(feed: ShardFeed): number {
    const shard = feed.shard;
    if (this.#matchedSessions === 0 || !feed.live) {
      this.#matchedAt[shard] = NONE;
      return 0;
    }
    const link = this.#links[shard] as ShardLink;
    if (this.#matchedAt[shard] === NONE) {
      this.#matchedAt[shard] = feed.at;
      link.matched.follow(link.durable);
    }
    const from = this.#matchedAt[shard] as number;
    const words = this.#batch;
    const count = feed.view.readBehind(from >>> 0, words, 0, this.#maxEvents, UP_TO_MATCHED);
    if (count <= 0) {
      // Dropped or lapped: the durable pass must find the same, and puts it right.
      if (count < 0) this.#matchedAt[shard] = NONE;
      return 0;
    }
    this.#begin(feed, words, MATCHED, false);
    this.#time(shard, false, from, count);
    let lastCommand = 0;
    let lastAccount = 0;
    let stream: AccountStream | undefined;
    for (let event = 0; event < count; event++) {
      const at = event * EVENT_WORDS;
      const command = joinWords(
        words[at + EVENT_COMMAND_SEQUENCE] as number,
        words[at + EVENT_COMMAND_SEQUENCE + 1] as number,
      );
      if (command !== lastCommand) {
        lastCommand = command;
        if (link.matched.answers(command)) this.#answered(link.matched, true, event);
      }
      const account = (words[at + EVENT_ACCOUNT] as number) >>> 0;
      if (account !== lastAccount) {
        lastAccount = account;
        stream = account === 0 ? undefined : this.#table.stream(account);
      }
      if (stream !== undefined) this.#addEntries(stream, shard, event, true);
    }
    this.#matchedAt[shard] = from + count;
    this.#flushTouched(this.#maxBufferedBytes);
    this.#endTimes();
    return count;
  }

  /**
   * Sends one session those of `count` events that are its account's: a catch-up, outside the passes. It waits for its
   * reader by itself, so only what the network refused ends it.
   */
  deliverTo(session: Session, feed: ShardFeed, words: Int32Array, count: number, durable: boolean): void {
    this.#begin(feed, words, durable ? DISK : MATCHED, session.shards[feed.shard]?.replaying === true);
    for (let event = 0; event < count; event++) {
      if ((words[event * EVENT_WORDS + EVENT_ACCOUNT] as number) >>> 0 === session.account) this.#link(session, event);
    }
    this.#flushTouched(Number.POSITIVE_INFINITY);
  }

  #begin(feed: ShardFeed, words: Int32Array, reached: number, replayed: boolean): void {
    if (feed.lookAtEpoch()) {
      const link = this.#links[feed.shard] as ShardLink;
      link.durable.lookAgain();
      link.matched.lookAgain();
    }
    this.#feed = feed;
    this.#words = words;
    this.#reached = reached;
    this.#replayed = replayed;
    this.#nowUs = this.#clock.nowUs();
    this.#timed = false;
  }

  #time(shard: number, durable: boolean, sequence: number, count: number): void {
    this.#times.begin(shard, durable, sequence, count);
    this.#timed = true;
  }

  /** Everything is in the sockets: now the pass is over for those who wait. */
  #endTimes(): void {
    if (this.#times.pending) this.#times.end(this.#clock.nowUs());
  }

  #refusedOpening(words: Int32Array, at: number, watch: OpeningWatch): void {
    const session = this.#table.byIncarnation.get((words[at + EVENT_SESSION] as number) >>> 0);
    if (session !== undefined && session.state === OPENING) {
      watch.openingRefused(session, (words[at + EVENT_KIND_WORD] as number) >>> 16);
    }
  }

  /** Event number `event` of the batch is the answer to the command that the walker stands on. */
  #answered(walker: AnswerWalker, matched: boolean, event: number): void {
    const session = walker.session;
    if (session === null || session.matched !== matched || session.state !== LIVE) return;
    session.unanswered--;
    this.#times.answered(event, walker.inUs);
    if (session.answeredInUs === 0) session.answeredInUs = walker.inUs;
  }

  #addEntries(stream: AccountStream, shard: number, event: number, matched: boolean): void {
    const sessions = stream.sessions;
    for (let index = 0; index < sessions.length; index++) {
      const session = sessions[index] as Session;
      if (session.matched === matched && session.shards[shard]?.joined === true) this.#link(session, event);
    }
  }

  #link(session: Session, event: number): void {
    if (this.#entries === this.#entryEvent.length) this.#growEntries();
    const entry = this.#entries++;
    this.#entryEvent[entry] = event;
    this.#entryNext[entry] = NONE;
    if (session.lastEntry === NONE) {
      session.firstEntry = entry;
      this.#touched.push(session);
    } else {
      this.#entryNext[session.lastEntry] = entry;
    }
    session.lastEntry = entry;
  }

  /** Sessions of an account times events of a batch: grows to what a day needs and stays there. */
  #growEntries(): void {
    const event = new Int32Array(this.#entryEvent.length * 2);
    const next = new Int32Array(this.#entryNext.length * 2);
    event.set(this.#entryEvent);
    next.set(this.#entryNext);
    this.#entryEvent = event;
    this.#entryNext = next;
  }

  #flushTouched(maxBufferedBytes: number): void {
    for (let index = 0; index < this.#touched.length; index++) {
      const session = this.#touched[index] as Session;
      this.#current = session;
      session.cork(this.#writeCurrent);
      session.firstEntry = NONE;
      session.lastEntry = NONE;
      if (session.state === LIVE && (session.hasLost || session.socket.bufferedBytes() > maxBufferedBytes)) {
        this.#slowReader(session);
      }
    }
    this.#touched.length = 0;
    this.#entries = 0;
    this.#current = null;
  }

  /** The frames of the current session, inside its cork. */
  #writeFrames(): void {
    const session = this.#current as Session;
    const feed = this.#feed as ShardFeed;
    const writer = this.#writer;
    const words = this.#words;
    let entry = session.firstEntry;
    while (entry !== NONE) {
      writer.begin(feed.shard, feed.epoch, session.ackLevel, this.#reached, this.#replayed);
      if (this.#timed) this.#times.message(this.#entryEvent[entry] as number);
      let at = 0;
      while (entry !== NONE && writer.append(words, (this.#entryEvent[entry] as number) * EVENT_WORDS, 1)) {
        at = (this.#entryEvent[entry] as number) * EVENT_WORDS;
        entry = this.#entryNext[entry] as number;
      }
      const matchedUs = joinWords(words[at + EVENT_TIME_US] as number, words[at + EVENT_TIME_US + 1] as number);
      const tokens = Math.max(0, this.#window - session.unanswered);
      session.send(writer.finish(session.answeredInUs, matchedUs, this.#nowUs, tokens));
      session.answeredInUs = 0;
    }
  }
}
