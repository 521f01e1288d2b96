/**
 * A shard on a disk that keeps nothing, and a script of commands for it: what shard and gateway run before they serve, so
 * that their code is compiled when the first client comes. V8 makes machine code of what has run often enough, and the
 * first thousands of orders of a day would otherwise pay for it. Whoever holds it is its only thread; it touches no file
 * and no memory of the real shard.
 */

import { encodeAccountTerms, encodeInstrumentTerms, encodeKeyTerms } from '../../schemas/admin.js';
import { CommandFlag, CommandKind, OrderType, Phase, Right, Side, TimeInForce, Trigger } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_TRIGGER_PRICE,
  COMMAND_WORDS,
  NO_PRICE,
} from '../../schemas/layout.js';
import { AdminLog } from '../admin-log.js';
import { Engine } from '../engine.js';
import type { Disk, DiskFile } from '../journal/disk.js';
import { JournalWriter } from '../journal/writer.js';
import { type Limits, limitsFrom } from '../limits.js';
import { ShardMetrics } from '../metrics/shard-metrics.js';
import { PublicHistory } from '../public/public-history.js';
import { imageOf, type ShardImage } from '../public/shard-image.js';
import { CommandRing } from '../ring/command-ring.js';
import { Doorbell } from '../ring/doorbell.js';
import { OutputRing } from '../ring/output-ring.js';
import { monotonicMs } from './clock.js';
import { journalShape, ShardRound } from './round.js';
import { ShardStatus } from './status-words.js';
import { TakenSpans } from './taken-spans.js';

/** Account, key, lane, incarnation and instrument of the script. */
export const SCRATCH_ID = 1;
/** Commands of one batch of the script: as the frames of a busy session come. */
export const SCRATCH_BATCH = 64;

const TIME_US = 1;
const SPREAD_TICKS = 16;
/** Some orders lie far away, so that levels are found in the tree and through all three bitmaps of a window, too. */
const FAR_TICKS = 1_800;
/** Every so many batches the account cancels all it has: what becomes empty has code of its own. */
const BATCHES_A_MASS_CANCEL = 48;
const MID_PRICE = 1_000;
const QUANTITY_MAX = 1_000;
/** Of the offer that the stops of a cascade trade with: above all others. */
const HIGH_PRICE = 2 * MID_PRICE - 2 * SPREAD_TICKS;
/** Of the bid that those of sells trade with: below all others. */
const LOW_PRICE = 2 * SPREAD_TICKS;
const TARGETS_BACK = 64;
const PUBLIC_KEY_BYTES = 32;

const LIMITS: Limits = limitsFrom({
  // Few, so that ids meet in the chains of the index.
  maxOrders: 2_048,
  maxInstruments: 4,
  maxAccounts: 4,
  maxKeys: 4,
  maxLanes: 4,
  maxLanesPerAccount: 4,
  maxLevels: 1_024,
  ladderWindows: 4,
  ladderTicks: 4_096,
  maxOperations: 4,
  maxEventsPerCommand: 256,
  laneAnswers: 4_096,
  adminLogBytes: 64 * 1024,
  commandRingSlots: 256,
  reservedCancelSlots: 16,
  outputRingSlots: 4_096,
  roundCommands: 128,
  roundEvents: 1_024,
  segmentBytes: 1024 * 1024,
});

/** A file that takes everything and keeps nothing. */
const NOWHERE_FILE: DiskFile = {
  path: 'scratch',
  size: () => 0,
  read: (_into, _at, length) => length,
  write: (_from, _at, length) => length,
  sync: () => undefined,
  close: () => undefined,
};

/** It keeps nothing, and what is read from it are zeros. */
export const NOWHERE: Disk = {
  open: () => NOWHERE_FILE,
  create: () => NOWHERE_FILE,
  exists: () => false,
  list: () => [],
  rename: () => undefined,
  remove: () => undefined,
  makeDirectory: () => undefined,
  syncDirectory: () => undefined,
};

/** The shard, its two rings (supervisor, one gateway) and the memory that its gateway needs. */
export class ScratchShard {
  readonly limits = LIMITS;
  readonly supervisor: CommandRing;
  readonly gatewayRing = CommandRing.create(LIMITS.commandRingSlots);
  readonly output = OutputRing.create(LIMITS.outputRingSlots, 1);
  readonly readerBell = Doorbell.create();
  readonly adminLog = AdminLog.create(LIMITS);
  readonly metrics = ShardMetrics.create();
  readonly spans: SharedArrayBuffer;
  readonly epoch: number;
  /** Of before its first command. */
  readonly image: ShardImage;
  readonly #writer: JournalWriter;
  readonly #round: ShardRound;

  /** `spans`: of the memory for TakenSpans. */
  constructor(spans: number) {
    this.#writer = new JournalWriter(NOWHERE, '/', { shard: 0, shardCount: 1 }, journalShape(LIMITS));
    this.#writer.startFresh();
    this.epoch = this.#writer.beginEpoch(1);
    const output = new OutputRing(this.output);
    output.start(0, this.epoch);
    const supervisor = CommandRing.create(LIMITS.commandRingSlots);
    this.supervisor = new CommandRing(supervisor);
    this.spans = TakenSpans.create(spans);
    const engine = new Engine(LIMITS, 0, 1, this.adminLog);
    this.image = imageOf(engine, new PublicHistory(null));
    this.#round = new ShardRound({
      limits: LIMITS,
      engine,
      writer: this.#writer,
      rings: [new CommandRing(supervisor), new CommandRing(this.gatewayRing)],
      spans: [null, new TakenSpans(this.spans)],
      output,
      readerBells: [new Doorbell(this.readerBell)],
      boards: engine.adminLog,
      status: new ShardStatus(ShardStatus.create()),
      metrics: new ShardMetrics(this.metrics),
      clockMs: monotonicMs,
      platformStartId: 1,
      lastTimeUs: TIME_US,
    });
    this.#addVenue();
  }

  /** One round; true when it did something. */
  doRound(): boolean {
    return this.#round.doRound(TIME_US, 0) > 0;
  }

  close(): void {
    this.#writer.close();
  }

  /** An account with a key that may do all, and an instrument. */
  #addVenue(): void {
    const publicKey = new Uint8Array(PUBLIC_KEY_BYTES);
    const rights = Right.Read | Right.Trade | Right.Market;
    this.#admin(CommandKind.AddAccount, 0, encodeAccountTerms({ name: 'scratch' }));
    this.#admin(CommandKind.AddKey, SCRATCH_ID, encodeKeyTerms({ publicKey, rights, label: '' }));
    const instrument = encodeInstrumentTerms({
      symbol: 'SCRATCH',
      shard: 0,
      priceMin: 1,
      priceMax: 2 * MID_PRICE,
      quantityMax: QUANTITY_MAX,
      unit: 1,
      referencePrice: null,
      priceDecimals: 0,
      quantityDecimals: 0,
    });
    this.#admin(CommandKind.AddInstrument, 0, instrument);
    while (this.doRound());
  }

  #admin(kind: CommandKind, account: number, parts: Int32Array): void {
    const words = new Int32Array(COMMAND_WORDS + parts.length);
    words[COMMAND_KIND_WORD] = kind;
    words[COMMAND_ACCOUNT] = account;
    words.set(parts, COMMAND_WORDS);
    this.supervisor.publish(words, 0, words.length / COMMAND_WORDS);
  }
}

/** Commands of one lane in one instrument, in which a little of everything happens: always the same ones. */
export class ScratchScript {
  readonly #words = new Int32Array(SCRATCH_BATCH * COMMAND_WORDS);
  #counter = 0;
  #batches = 0;
  #random = 1;

  /** Opens the lane's session; a gateway does that by itself. */
  sessionOpen(): Int32Array {
    const words = new Int32Array(COMMAND_WORDS);
    this.#write(words, 0, CommandKind.SessionOpen);
    words[COMMAND_INSTRUMENT] = 0;
    this.#counter = 0;
    return words;
  }

  /** Lets the instrument trade; the first command of the session. */
  openMarket(): Int32Array {
    const words = new Int32Array(COMMAND_WORDS);
    this.#write(words, 0, CommandKind.SetPhase | (Phase.Continuous << 16));
    words[COMMAND_ACCOUNT] = 0;
    return words;
  }

  /** An auction whose orders cross, and its uncross; the market trades before and behind it. */
  auction(): Int32Array {
    const words = this.#words;
    this.#setPhase(0, Phase.Auction);
    for (let index = 1; index < SCRATCH_BATCH - 2; index += 1) {
      const at = index * COMMAND_WORDS;
      this.#writeNew(at, index & 1, OrderType.Limit, TimeInForce.Day);
      this.#price(at);
    }
    this.#write(words, (SCRATCH_BATCH - 2) * COMMAND_WORDS, CommandKind.Uncross);
    words[(SCRATCH_BATCH - 2) * COMMAND_WORDS + COMMAND_ACCOUNT] = 0;
    this.#setPhase((SCRATCH_BATCH - 1) * COMMAND_WORDS, Phase.Continuous);
    return words;
  }

  /** Stops of a side, and an order that sets all of them off, as long as the last trade was nearer to the middle. */
  cascade(side: Side): Int32Array {
    const words = this.#words;
    const sign = side === Side.Buy ? 1 : -1;
    const price = side === Side.Buy ? HIGH_PRICE : LOW_PRICE;
    this.#writeNew(0, side ^ 1, OrderType.Limit, TimeInForce.Day);
    words[COMMAND_PRICE] = price;
    words[COMMAND_QUANTITY] = QUANTITY_MAX;
    for (let index = 1; index < SCRATCH_BATCH - 1; index += 1) {
      const at = index * COMMAND_WORDS;
      this.#writeNew(at, side, OrderType.Stop, TimeInForce.ImmediateOrCancel);
      words[at + COMMAND_PRICE] = NO_PRICE;
      words[at + COMMAND_QUANTITY] = 1;
      words[at + COMMAND_TRIGGER_PRICE] = price - sign * this.#below(SPREAD_TICKS);
      words[at + COMMAND_FLAGS_WORD] = Trigger.LastTrade << 8;
    }
    const last = (SCRATCH_BATCH - 1) * COMMAND_WORDS;
    this.#writeNew(last, side, OrderType.Limit, TimeInForce.ImmediateOrCancel);
    words[last + COMMAND_PRICE] = price;
    words[last + COMMAND_QUANTITY] = QUANTITY_MAX / 2;
    return words;
  }

  #setPhase(at: number, phase: Phase): void {
    this.#write(this.#words, at, CommandKind.SetPhase | (phase << 16));
    this.#words[at + COMMAND_ACCOUNT] = 0;
  }

  #writeNew(at: number, side: number, type: OrderType, timeInForce: TimeInForce): void {
    this.#write(this.#words, at, CommandKind.New | (side << 8) | (type << 16) | (timeInForce << 24));
  }

  /** SCRATCH_BATCH commands; the memory is used again by the next call. */
  batch(): Int32Array {
    for (let index = 0; index < SCRATCH_BATCH; index += 1) {
      this.#next(index * COMMAND_WORDS);
    }
    this.#batches += 1;
    if (this.#batches % BATCHES_A_MASS_CANCEL === 0) {
      this.#counter -= 1;
      this.#write(this.#words, (SCRATCH_BATCH - 1) * COMMAND_WORDS, CommandKind.MassCancel);
    }
    return this.#words;
  }

  #next(at: number): void {
    const dice = this.#below(16);
    if (dice >= 5 && dice < 9) {
      this.#write(this.#words, at, CommandKind.Cancel);
      this.#target(at);
    } else if (dice === 9) {
      this.#write(this.#words, at, this.#below(2) === 0 ? CommandKind.Replace : CommandKind.CancelReplace);
      this.#target(at);
      this.#price(at);
    } else {
      const timeInForce = dice === 10 ? TimeInForce.ImmediateOrCancel : TimeInForce.Day;
      const side = this.#below(2) === 0 ? Side.Buy : Side.Sell;
      this.#write(this.#words, at, CommandKind.New | (side << 8) | (OrderType.Limit << 16) | (timeInForce << 24));
      this.#price(at);
    }
  }

  /** One of the last orders, by client order id: it may be there, filled or cancelled. */
  #target(at: number): void {
    const words = this.#words;
    words[at + COMMAND_TARGET_ID] = Math.max(1, this.#counter - 1 - this.#below(TARGETS_BACK));
    words[at + COMMAND_TARGET_ID + 1] = SCRATCH_ID << 16;
    words[at + COMMAND_FLAGS_WORD] = CommandFlag.TargetIsClientOrderId << 16;
  }

  #price(at: number): void {
    const ticks = this.#below(8) === 0 ? FAR_TICKS : SPREAD_TICKS;
    this.#words[at + COMMAND_PRICE] = MID_PRICE + this.#below(ticks) - ticks / 2;
    this.#words[at + COMMAND_QUANTITY] = 1 + this.#below(8);
  }

  #write(words: Int32Array, at: number, kindWord: number): void {
    words.fill(0, at, at + COMMAND_WORDS);
    words[at + COMMAND_CLIENT_ORDER_ID] = this.#counter;
    words[at + COMMAND_CLIENT_ORDER_ID + 1] = SCRATCH_ID << 16;
    words[at + COMMAND_ACCOUNT] = SCRATCH_ID;
    words[at + COMMAND_SESSION] = SCRATCH_ID;
    words[at + COMMAND_INSTRUMENT] = SCRATCH_ID;
    words[at + COMMAND_KIND_WORD] = kindWord;
    this.#counter += 1;
  }

  #below(bound: number): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) | 0;
    return (this.#random >>> 8) % bound;
  }
}
