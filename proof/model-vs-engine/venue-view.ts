/**
 * What a maker of random commands knows of the venue that it plays with: it plays each command on a model and learns from
 * the events. Any thread.
 */
import { EventKind } from '../../schemas/codes.js';
import { COMMAND_TARGET_ID, COMMAND_WORDS } from '../../schemas/layout.js';
import type { Model } from '../model/model.js';
import { laneOf, type PlainEvent, writeId } from '../model/plain-records.js';

export interface Session {
  readonly account: number;
  readonly lane: number;
  incarnation: number;
  open: boolean;
  counter: number;
}

/** An order that a New has entered. */
export interface Entered {
  /** The New's place in the sequence. */
  readonly index: number;
  readonly account: number;
  readonly instrument: number;
  clientOrderId: bigint;
  price: number;
}

export class VenueView {
  /** Lanes that were opened, with the last incarnation. */
  readonly sessions: Session[] = [];
  /** All orders that ever were, by the model's order id. */
  readonly entered = new Map<bigint, Entered>();
  /** The model's ids of those that live. */
  readonly live = new Set<bigint>();
  /** Instruments that this shard trades. */
  readonly traded: number[] = [];
  /** All fills, in their order: two are a trade. */
  readonly fills: PlainEvent[] = [];
  accounts = 0;
  instruments = 0;
  keys = 0;
  assets = 0;
  /** Moves that left for the other shard, came from it, and ended. */
  readonly moves = { out: 0, in: 0, done: 0 };
  /** Admin records that were applied. */
  adminNumber = 0;

  constructor(
    private readonly model: Model,
    private readonly shard: number,
  ) {}

  get operationsInProgress(): number {
    return this.model.operationsInProgress;
  }

  /** Plays one record and its Parts; `index`: its place in the sequence. */
  play(words: Int32Array, targetOf: number, index: number): void {
    const played = words.slice();
    if (targetOf >= 0) {
      const target = [...this.entered].find(([, entered]) => entered.index === targetOf);
      writeId(played, COMMAND_TARGET_ID, target?.[0] ?? 0n);
    }
    for (let at = 0; at < played.length; ) {
      const before = this.model.commandSequence;
      for (const event of this.model.apply(played, at)) {
        this.learn(event, index);
      }
      at += (this.model.commandSequence - before) * COMMAND_WORDS;
    }
  }

  private learn(event: PlainEvent, index: number): void {
    if (event.duplicate) {
      return;
    }
    const { account, instrument, orderId, clientOrderId, price } = event;
    const known = this.entered.get(orderId);
    switch (event.kind) {
      case EventKind.AccountAdded:
        this.accounts += 1;
        this.adminNumber += 1;
        return;
      case EventKind.InstrumentAdded:
        this.instruments += 1;
        this.adminNumber += 1;
        if (event.quantity === this.shard) {
          this.traded.push(instrument);
        }
        return;
      case EventKind.KeyAdded:
        this.keys += 1;
        this.adminNumber += 1;
        return;
      case EventKind.AssetAdded:
        this.assets += 1;
        this.adminNumber += 1;
        return;
      case EventKind.MovedOut:
        this.moves.out += 1;
        return;
      case EventKind.MovedIn:
        this.moves.in += 1;
        return;
      case EventKind.MoveEnded:
        this.moves.done += 1;
        return;
      case EventKind.KeyRevoked:
      case EventKind.FeesSet:
      case EventKind.LimitsSet:
        this.adminNumber += 1;
        return;
      case EventKind.SessionOpened: {
        const lane = laneOf(clientOrderId);
        const session = this.sessions.find((one) => one.account === account && one.lane === lane);
        if (session === undefined) {
          this.sessions.push({ account, lane, incarnation: event.session, open: true, counter: 0 });
        } else {
          session.incarnation = event.session;
          session.open = true;
        }
        return;
      }
      case EventKind.SessionClosed:
        for (const session of this.sessions.filter((one) => one.incarnation === event.session)) {
          session.open = false;
        }
        return;
      case EventKind.Accepted:
        this.entered.set(orderId, { index, account, instrument, clientOrderId, price });
        this.live.add(orderId);
        return;
      case EventKind.Booked:
      case EventKind.Reduced:
        if (known !== undefined) {
          known.clientOrderId = clientOrderId;
          known.price = price;
        }
        return;
      case EventKind.Fill:
        this.fills.push({ ...event });
        if (event.leaves === 0) {
          this.live.delete(orderId);
        }
        return;
      case EventKind.Cancelled:
        if (event.leaves === 0) {
          this.live.delete(orderId);
        }
        return;
      default:
        return;
    }
  }
}
