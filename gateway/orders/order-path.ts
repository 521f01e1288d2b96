/**
 * From a verified command frame to the command rings: rights, lane, route, room, all before anything is published; then the frame is in all rings that it needs, or in none. Gateway thread, hot: nothing is allocated, nothing throws.
 *
 * The words are the frame reader's own copy, with the shape of each command and its Parts looked at; account and session
 * are written into them here.
 */

import { CommandKind, Reason, Right } from '../../schemas/codes.js';
import { checkParts } from '../../schemas/kinds.js';
import * as layout from '../../schemas/layout.js';
import { checkLegs, isLeg } from '../../schemas/legs.js';
import type { Session } from '../sessions/session.js';
import type { VenueMode } from '../venue-mode.js';
import type { CommandSender, OrderRequest } from './order-exchange.js';
import type { ShardLink } from './shard-link.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TRIGGER_PRICE,
  COMMAND_WORDS,
  MAX_FRAME_RECORDS,
} = layout;

const BAD_KIND: number = Reason.BadKind;
const BAD_FRAME: number = Reason.BadFrame;
const NOT_ALLOWED: number = Reason.NotAllowed;
const WRONG_LANE: number = Reason.WrongLane;
const WRONG_SHARD: number = Reason.WrongShard;
const UNKNOWN_INSTRUMENT: number = Reason.UnknownInstrument;
const NOT_READY: number = Reason.NotReady;
const BUSY: number = Reason.Busy;
const CANCEL_ONLY: number = Reason.CancelOnly;

/** Routes beside a shard's number. */
export const ROUTE_UNKNOWN = -1;
/** The instrument is known, but its shard has not applied it yet. */
export const ROUTE_NOT_READY = -2;
const ROUTE_ALL = -3;
/** It names a shard that is not there. */
const ROUTE_NO_SHARD = -4;

/** Where an instrument trades: its shard, ROUTE_UNKNOWN or ROUTE_NOT_READY. */
export interface InstrumentRoutes {
  shardOf(instrument: number): number;
}

/** Rights of which a kind needs one; 0: no client may send it. */
const RIGHT_FOR_KIND = new Uint8Array(256);
/** 1: adds to a book, so it leaves the reserved slots to cancels. */
const ADDS = new Uint8Array(256);
/** 1: the account word is the sender's, written here. */
const OWN_ACCOUNT = new Uint8Array(256);
/** 1: an admin record, which one shard sequences for all. */
const RECORDED = new Uint8Array(256);
/** When its minQuantity word names the shard: its instrument word is an asset, or it has no instrument. */
const SAYS_SHARD = new Uint8Array(256);
const ALWAYS = 1;
const WITHOUT_INSTRUMENT = 2;

for (const kind of [CommandKind.New, CommandKind.Replace, CommandKind.CancelReplace]) ADDS[kind] = 1;
for (const kind of [
  CommandKind.New,
  CommandKind.Cancel,
  CommandKind.Replace,
  CommandKind.CancelReplace,
  CommandKind.MassCancel,
  CommandKind.OrderStatus,
  CommandKind.DeadMan,
  CommandKind.AccountStatus,
]) {
  RIGHT_FOR_KIND[kind] = Right.Trade;
  OWN_ACCOUNT[kind] = 1;
}
for (const kind of [CommandKind.SetPhase, CommandKind.Uncross, CommandKind.EndOfDay, CommandKind.ReferencePrice]) {
  RIGHT_FOR_KIND[kind] = Right.Market;
}
for (const kind of [
  CommandKind.AddInstrument,
  CommandKind.AddAccount,
  CommandKind.AddKey,
  CommandKind.RevokeKey,
  CommandKind.SetFees,
  CommandKind.SetLimits,
  CommandKind.AddAsset,
]) {
  RIGHT_FOR_KIND[kind] = Right.Admin;
  RECORDED[kind] = 1;
}
for (const kind of [CommandKind.Deposit, CommandKind.Withdraw, CommandKind.MoveOut]) {
  RIGHT_FOR_KIND[kind] = Right.Admin;
  SAYS_SHARD[kind] = ALWAYS;
}
for (const kind of [CommandKind.AccountStatus, CommandKind.Kill, CommandKind.Note])
  SAYS_SHARD[kind] = WITHOUT_INSTRUMENT;

RIGHT_FOR_KIND[CommandKind.Kill] = Right.Market | Right.Risk;
RIGHT_FOR_KIND[CommandKind.SetLimits] = Right.Admin | Right.Risk;
RIGHT_FOR_KIND[CommandKind.Bust] = Right.Admin;
RIGHT_FOR_KIND[CommandKind.Correction] = Right.Admin;
RIGHT_FOR_KIND[CommandKind.Note] = Right.Market | Right.Admin | Right.Risk;

const MASS_CANCEL: number = CommandKind.MassCancel;
const DEAD_MAN: number = CommandKind.DeadMan;
const MOVE_OUT: number = CommandKind.MoveOut;
/** Admin records are sequenced by this shard. */
const ADMIN_SHARD = 0;

export class OrderPath {
  /** Record that the last refusal is about. */
  refusedIndex = 0;

  readonly #links: readonly ShardLink[];
  readonly #routes: InstrumentRoutes;
  readonly #reservedSlots: number;
  readonly #window: number;
  readonly #mode: VenueMode;
  /** The first record of the frame at hand that adds to a book; -1: none does. */
  #firstAdding = -1;
  /** Of the frame at hand, by shard: records, records that add to a book, answers to expect. */
  readonly #records: Int32Array;
  readonly #adding: Int32Array;
  /** By record: a shard, or ROUTE_ALL. */
  readonly #route = new Int32Array(MAX_FRAME_RECORDS);
  readonly #staging = new Int32Array(MAX_FRAME_RECORDS * COMMAND_WORDS);
  #answers = 0;
  // Of the frame at hand: whose answers these are, a stream's or a request's.
  #session: Session | null = null;
  #request: OrderRequest | null = null;

  constructor(
    links: readonly ShardLink[],
    routes: InstrumentRoutes,
    reservedSlots: number,
    window: number,
    mode: VenueMode,
  ) {
    this.#mode = mode;
    this.#links = links;
    this.#routes = routes;
    this.#reservedSlots = reservedSlots;
    this.#window = window;
    this.#records = new Int32Array(links.length);
    this.#adding = new Int32Array(links.length);
  }

  /** Answers that follow the frame taken last: one a command, of a mass cancel of all instruments and a dead-man timer one a shard. */
  get answers(): number {
    return this.#answers;
  }

  /**
   * Takes `count` records from word `at` on for a LIVE session. Returns 0 when they are in the rings, else the Reason
   * why none of them is, and `refusedIndex` says which record it is about.
   */
  take(session: Session, words: Int32Array, at: number, count: number, inUs: number): number {
    this.#session = session;
    this.#request = null;
    return this.#take(session, this.#window, words, at, count, inUs);
  }

  /** The same for a request that is answered as a whole. */
  takeRequest(
    request: OrderRequest,
    window: number,
    words: Int32Array,
    at: number,
    count: number,
    inUs: number,
  ): number {
    this.#session = null;
    this.#request = request;
    const refused = this.#take(request.sender, window, words, at, count, inUs);
    this.#request = null;
    return refused;
  }

  #take(sender: CommandSender, window: number, words: Int32Array, at: number, count: number, inUs: number): number {
    this.refusedIndex = 0;
    if (count < 1 || count > MAX_FRAME_RECORDS) return BAD_FRAME;
    const refused = this.#check(sender, words, at, count);
    if (refused !== 0) return refused;
    if (this.#firstAdding >= 0 && this.#mode.causes !== 0) {
      this.refusedIndex = this.#firstAdding;
      return CANCEL_ONLY;
    }
    this.refusedIndex = 0;
    if (sender.unanswered + this.#answers > window) return BUSY;
    let shards = 0;
    let only = 0;
    for (let shard = 0; shard < this.#links.length; shard++) {
      const records = this.#records[shard] as number;
      if (records === 0) continue;
      shards++;
      only = shard;
      const spare = (this.#adding[shard] as number) > 0 ? this.#reservedSlots : 0;
      if ((this.#links[shard] as ShardLink).free() < records + spare) return BUSY;
    }
    // From here on nothing can refuse.
    sender.unanswered += this.#answers;
    if (shards === 1) {
      const link = this.#links[only] as ShardLink;
      link.publish(words, at, count, this.#session, inUs, this.#request);
      link.wake();
    } else {
      this.#spread(words, at, count, inUs);
    }
    return 0;
  }

  /** All checks, and the two words that the gateway writes. Leaves routes and counts behind. */
  #check(sender: CommandSender, words: Int32Array, at: number, count: number): number {
    this.#records.fill(0);
    this.#adding.fill(0);
    this.#firstAdding = -1;
    this.#answers = 0;
    let record = 0;
    /** The record that is the second leg of the one before it. */
    let secondLeg = -1;
    while (record < count) {
      this.refusedIndex = record;
      const head = at + record * COMMAND_WORDS;
      const parts = checkParts(words, head, count - record);
      if (parts < 0) return -parts;
      if (
        record !== secondLeg &&
        isLeg(words[head + COMMAND_KIND_WORD] as number, words[head + COMMAND_FLAGS_WORD] as number)
      ) {
        const alone = checkLegs(words, head, count - record);
        if (alone !== 0) return alone;
        secondLeg = record + 1;
      }
      const kind = (words[head + COMMAND_KIND_WORD] as number) & 0xff;
      const right = RIGHT_FOR_KIND[kind] as number;
      if (right === 0) return BAD_KIND;
      if ((sender.rights & right) === 0) return NOT_ALLOWED;
      if ((words[head + COMMAND_CLIENT_ORDER_ID + 1] as number) >>> 16 !== sender.lane) return WRONG_LANE;
      const instrument = (words[head + COMMAND_INSTRUMENT] as number) >>> 0;
      // A MoveOut names two shards: it goes to the one that has the purse.
      const shard = words[head + (kind === MOVE_OUT ? COMMAND_TRIGGER_PRICE : COMMAND_MIN_QUANTITY)] as number;
      const route = this.#routeOf(kind, instrument, shard >>> 0);
      if (route === ROUTE_UNKNOWN) return UNKNOWN_INSTRUMENT;
      if (route === ROUTE_NOT_READY) return NOT_READY;
      if (route === ROUTE_NO_SHARD) return WRONG_SHARD;
      if (OWN_ACCOUNT[kind] === 1) words[head + COMMAND_ACCOUNT] = sender.account;
      words[head + COMMAND_SESSION] = sender.incarnation;
      this.#count(record, 1 + parts, route, ADDS[kind] as number);
      record += 1 + parts;
    }
    return 0;
  }

  /** shard: the word that names one, where the kind has such a word. */
  #routeOf(kind: number, instrument: number, shard: number): number {
    if (RECORDED[kind] === 1) return ADMIN_SHARD;
    const says = SAYS_SHARD[kind] as number;
    if (says === ALWAYS || (says === WITHOUT_INSTRUMENT && instrument === 0)) {
      return shard < this.#links.length ? shard : ROUTE_NO_SHARD;
    }
    if (instrument !== 0) return this.#routes.shardOf(instrument);
    return kind === MASS_CANCEL || kind === DEAD_MAN ? ROUTE_ALL : ROUTE_UNKNOWN;
  }

  #count(record: number, records: number, route: number, adds: number): void {
    for (let one = record; one < record + records; one++) this.#route[one] = route;
    if (route === ROUTE_ALL) {
      for (let shard = 0; shard < this.#records.length; shard++) {
        this.#records[shard] = (this.#records[shard] as number) + records;
      }
      this.#answers += this.#records.length;
      return;
    }
    this.#records[route] = (this.#records[route] as number) + records;
    this.#adding[route] = (this.#adding[route] as number) + adds;
    if (adds === 1 && this.#firstAdding < 0) this.#firstAdding = record;
    this.#answers++;
  }

  /** Publishes each shard's records of the frame, in the frame's order. */
  #spread(words: Int32Array, at: number, count: number, inUs: number): void {
    for (let shard = 0; shard < this.#links.length; shard++) {
      if (this.#records[shard] === 0) continue;
      let staged = 0;
      for (let record = 0; record < count; record++) {
        const route = this.#route[record] as number;
        if (route !== shard && route !== ROUTE_ALL) continue;
        const from = at + record * COMMAND_WORDS;
        for (let word = 0; word < COMMAND_WORDS; word++) {
          this.#staging[staged * COMMAND_WORDS + word] = words[from + word] as number;
        }
        staged++;
      }
      const link = this.#links[shard] as ShardLink;
      link.publish(this.#staging, 0, staged, this.#session, inUs, this.#request);
      link.wake();
    }
  }
}
