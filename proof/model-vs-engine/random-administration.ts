/**
 * Random sessions and admin records: lanes that open, open anew and are lost, instruments, accounts and keys, some of them
 * wrong. Any thread.
 */
import {
  ANY_SHARD,
  encodeAccountTerms,
  encodeBustTerms,
  encodeInstrumentTerms,
  encodeKeyTerms,
  encodeNoteTerms,
  setOperationId,
  type TickRowFields,
} from '../../schemas/admin.js';
import { CommandKind, Right } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_ACCOUNT,
  EVENT_AMOUNT,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_SEQUENCE,
  EVENT_WORDS,
  highWord,
  NO_PRICE,
} from '../../schemas/layout.js';
import { writeEvent, writeId } from '../model/plain-records.js';
import { writeClientOrderId } from '../recordings/day-plan.js';
import { chosen } from './random-lanes.js';
import { clampPrice, LANES, RandomSource } from './random-source.js';

/** Of accounts, in the order in which they come; a failing case is read by people. */
const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
const SYMBOLS = ['AAA', 'BBB-1', 'C/D', 'x.y_z', 'E', 'F'] as const;

export abstract class RandomAdministration extends RandomSource {
  /** Opens a new lane of the account, or one that is known again, by a new incarnation or (wrongly) an old one. */
  protected openSession(account: number): void {
    const { dice } = this;
    const again = !this.calm && dice.chance(0.4) ? this.aSession() : undefined;
    this.lastIncarnation += this.calm || dice.chance(0.9) ? 1 : 0;
    const lane = again?.lane ?? dice.pick(LANES);
    const words = new Int32Array(COMMAND_WORDS);
    writeClientOrderId(words, COMMAND_CLIENT_ORDER_ID, lane, 0);
    words[COMMAND_ACCOUNT] = again?.account ?? account;
    words[COMMAND_SESSION] = this.lastIncarnation;
    words[COMMAND_KIND_WORD] = CommandKind.SessionOpen;
    this.push(chosen(this.dice, words));
  }

  protected loseSession(): void {
    const session = this.aSession();
    const words = new Int32Array(COMMAND_WORDS);
    writeClientOrderId(words, COMMAND_CLIENT_ORDER_ID, session.lane, 0);
    words[COMMAND_ACCOUNT] = session.account;
    words[COMMAND_SESSION] = this.dice.chance(0.8) ? session.incarnation : this.dice.below(10);
    words[COMMAND_KIND_WORD] = CommandKind.SessionLost;
    this.push(words);
    if (this.dice.chance(0.7)) {
      this.openSession(session.account);
    }
  }

  protected administer(): void {
    const { dice } = this;
    dice.weighted<() => void>([
      [2, () => this.addAccount()],
      [2, () => this.addInstrument()],
      [3, () => this.addKey()],
      [2, () => this.revokeKey()],
      [2, () => this.note()],
      [4, () => this.bust()],
    ])();
  }

  protected addAccount(): void {
    const name = !this.calm && this.dice.chance(0.05) ? '' : (NAMES[this.view.accounts] ?? 'someone');
    const selfTradeGroup = this.dice.pick([0, 0, 7, 0xffffffff]);
    this.admin(CommandKind.AddAccount, encodeAccountTerms({ name, selfTradeGroup }));
  }

  protected addInstrument(): void {
    const { dice } = this;
    const priceMin = this.wanders ? -0x7fffffff : clampPrice(this.center - dice.pick([50, 99, 99]));
    const priceMax = this.wanders ? 0x7fffffff : clampPrice(this.center + 100);
    const { calm } = this;
    const money = this.money.terms(calm);
    const units = calm ? ([1, 1, 1, 3] as const) : ([1, 1, 7, 0xffffffff] as const);
    const symbol = SYMBOLS[calm || dice.chance(0.8) ? this.view.instruments : dice.below(SYMBOLS.length)] ?? 'LAST';
    const referencePrice = dice.chance(0.5) ? null : this.center;
    const ticks = dice.chance(0.2) ? this.aTickTable(priceMin, priceMax) : [];
    this.admin(
      CommandKind.AddInstrument,
      encodeInstrumentTerms({
        symbol,
        shard: dice.weighted([
          [6, this.shard],
          [1, ANY_SHARD],
          [calm ? 0 : 0.5, 3],
        ]),
        priceMin: !calm && dice.chance(0.05) ? priceMax : priceMin,
        priceMax: !calm && dice.chance(0.1) ? priceMin : priceMax,
        quantityMax: this.huge ? 0xffffffff : dice.pick([60, 60, 1 << 19]),
        unit: dice.pick<number>(this.huge ? [1, 1000, 1300] : units),
        ...money,
        referencePrice,
        staticBand: dice.chance(this.wanders || (calm && referencePrice === null) ? 0 : 0.15)
          ? dice.pick([3, 5, 40])
          : 0,
        ticks,
        auctionSelfTrade: dice.chance(0.3),
        ...this.aDynamicBand(),
        priceDecimals: 0,
        quantityDecimals: 0,
      }),
    );
  }

  /** Narrow ones, so that sweeps come to them. */
  private aDynamicBand(): { dynamicBand: number; bandAuction: boolean } {
    const { dice } = this;
    const dynamicBand = dice.chance(0.3) ? dice.pick([1, 2, 3, 10]) : 0;
    return { dynamicBand, bandAuction: dice.chance(0.5) && (dynamicBand > 0 || (!this.calm && dice.chance(0.1))) };
  }

  /** Mostly one that holds: small ticks around the center, and the rest up to the highest price in one. */
  private aTickTable(priceMin: number, priceMax: number): TickRowFields[] {
    const { dice } = this;
    const middle = clampPrice(this.center + dice.between(-3, 3));
    const last = clampPrice(this.center + 60);
    const far = priceMax - last;
    const rows = [{ from: priceMin, tick: dice.pick([1, 2, 5]) }];
    if (middle > priceMin) rows.push({ from: middle, tick: dice.pick([1, 2, 3]) });
    if (last > middle && far > 0) rows.push({ from: last, tick: far });
    else rows.push({ from: priceMax, tick: 1 });
    const rise = rows.every((row, index) => index === 0 || row.from > (rows[index - 1]?.from ?? row.from));
    if (this.calm && !rise) return [];
    return !this.calm && dice.chance(0.1) ? rows.toReversed() : rows;
  }

  protected addKey(): void {
    const { dice } = this;
    const publicKey = new Uint8Array(dice.chance(0.9) ? 32 : 31).fill(dice.below(256));
    const rights = dice.chance(0.9) ? Right.Read | Right.Trade : dice.below(40);
    const parts = encodeKeyTerms({ publicKey, rights, label: 'a key' });
    this.admin(CommandKind.AddKey, parts, dice.between(1, this.view.accounts + (dice.chance(0.1) ? 1 : 0)));
  }

  /** A trade is made void, mostly a young one; some of what is said about it is wrong. */
  protected bust(): void {
    const { dice } = this;
    const { fills } = this.view;
    const trades = Math.floor(fills.length / 2);
    const trade = Math.max(0, trades - 1 - (dice.chance(0.7) ? dice.below(3) : dice.below(trades + 1)));
    const pair = fills.slice(trade * 2, trade * 2 + 2);
    const words = new Int32Array(2 * EVENT_WORDS);
    for (const [index, fill] of pair.entries()) {
      writeEvent(fill, words, index * EVENT_WORDS);
    }
    if (dice.chance(0.15)) {
      const field = dice.pick([
        EVENT_ACCOUNT,
        EVENT_AMOUNT,
        EVENT_AMOUNT + 1,
        EVENT_PRICE,
        EVENT_QUANTITY,
        EVENT_SEQUENCE,
      ]);
      const at = field + (dice.chance(0.5) ? EVENT_WORDS : 0);
      words[at] = dice.pick([0, 1, -1, 0x7fffffff, (words[at] ?? 0) + 1]);
    }
    if (dice.chance(0.1)) {
      words[dice.below(2 * EVENT_WORDS)] = dice.pick([0, 1, 2, -1]);
    }
    const kind = dice.pick([CommandKind.Bust, CommandKind.Correction]);
    const head = this.from(this.aSession(), kind, dice.chance(0.97) ? (pair[0]?.instrument ?? 1) : this.anInstrument());
    writeId(head, COMMAND_TARGET_ID, (pair[0]?.relatedId ?? 0n) + (dice.chance(0.03) ? 1n : 0n));
    if (kind === CommandKind.Correction) head[COMMAND_PRICE] = dice.chance(0.97) ? this.aPrice() : NO_PRICE;
    this.pushWithParts(head, encodeBustTerms(dice.chance(0.99) ? words : words.subarray(1)));
  }

  private pushWithParts(head: Int32Array, parts: Int32Array): void {
    const words = new Int32Array(COMMAND_WORDS + parts.length);
    words.set(head);
    words[COMMAND_ACCOUNT] = this.dice.chance(0.99) ? 0 : 1;
    words.set(parts, COMMAND_WORDS);
    setOperationId(words, 0, parts.length / COMMAND_WORDS, head[0] ?? 0, head[1] ?? 0);
    this.push(words);
  }

  /** About a command that may come, or about none. */
  protected note(): void {
    const { dice } = this;
    const ofInstrument = dice.chance(0.5);
    const head = this.from(this.aSession(), CommandKind.Note, ofInstrument ? this.anInstrument() : 0);
    head[COMMAND_MIN_QUANTITY] = dice.chance(0.95) ? (ofInstrument ? 0 : this.shard) : dice.below(3);
    head[COMMAND_TARGET_ID] = dice.below(50);
    const long = dice.pick(['why', 'x'.repeat(200), 'x'.repeat(201), '', 'a\nb']);
    this.pushWithParts(head, encodeNoteTerms(dice.chance(0.8) ? 'why' : long));
  }

  protected revokeKey(): void {
    this.admin(CommandKind.RevokeKey, new Int32Array(), 0, this.dice.between(1, this.view.keys + 1));
  }

  /** A head with its Parts: on shard 0 from a session or from the supervisor, elsewhere forwarded with its number. */
  admin(kind: CommandKind, parts: Int32Array, account = 0, target = 0, instrument = 0): void {
    const { dice } = this;
    const words = new Int32Array(COMMAND_WORDS + parts.length);
    words.set(parts, COMMAND_WORDS);
    const session =
      this.view.sessions.length > 0 && dice.chance(this.shard === 0 ? 0.6 : 0.05) ? this.aSession() : undefined;
    const counter = session === undefined ? dice.below(1000) : this.nextCounter(session);
    const count = parts.length / COMMAND_WORDS;
    setOperationId(words, 0, count, counter | 0, ((session?.lane ?? 0) << 16) | highWord(counter));
    words[COMMAND_SESSION] = session?.incarnation ?? 0;
    words[COMMAND_ACCOUNT] = account;
    words[COMMAND_TARGET_ID] = target;
    words[COMMAND_INSTRUMENT] = instrument;
    words[COMMAND_KIND_WORD] = kind;
    if (this.shard !== 0) {
      const next = this.view.adminNumber + 1;
      words[COMMAND_QUANTITY] = this.calm || dice.chance(0.9) ? next : Math.max(0, next + dice.between(-2, 2));
    } else if (!this.calm && dice.chance(0.02)) {
      words[COMMAND_QUANTITY] = 1;
    }
    this.push(words);
  }
}
