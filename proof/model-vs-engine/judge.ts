/**
 * The naive model as the judge of an engine: whether the events of a command, and the state behind it, are those of the model.
 * Order ids are the engine's own business: an id of the one stands for an id of the other from the first event on that names
 * it. Any thread.
 */

import {
  HIDDEN,
  LEVEL_HEAD,
  LEVEL_ORDERS,
  LEVEL_SHIFT,
  LEVEL_WORSE,
  TOTAL,
  TOTAL_SHIFT,
} from '../../engine/book/level-words.js';
import {
  ORDER_ACCOUNT,
  ORDER_CLIENT_LOW,
  ORDER_CUMULATIVE,
  ORDER_GENERATION,
  ORDER_LEAVES,
  ORDER_NEXT,
  ORDER_PRICE,
  ORDER_SESSION,
  ORDER_SHIFT,
} from '../../engine/book/order-words.js';
import { SIDE_BEST, SIDE_MARKET, SIDE_SHIFT } from '../../engine/book/side-words.js';
import type { Engine } from '../../engine/engine.js';
import { LevelFold } from '../../engine/public/level-fold.js';
import { INSTRUMENT_PHASE, INSTRUMENT_SHIFT } from '../../engine/registry-words.js';
import { CommandFlag, CommandKind, EventKind, Reason, Side } from '../../schemas/codes.js';
import { checkEventShape } from '../../schemas/kinds.js';
import { EVENT_WORDS, NO_PRICE } from '../../schemas/layout.js';
import { Model } from '../model/model.js';
import { type PlainEvent, readCommand, readEvent, readId } from '../model/plain-records.js';
import type { Scenario } from './scenario.js';

interface RestingOrder {
  readonly id: bigint;
  readonly account: number;
  readonly clientOrderId: bigint;
  readonly session: number;
  readonly price: number;
  readonly leaves: number;
  readonly cumulative: number;
}

const MAX_LEVELS = 1024;

/** Which id of the engine stands for which of the model, both ways. */
class OrderNames {
  private readonly engineIds = new Map<bigint, bigint>();
  private readonly modelIds = new Map<bigint, bigint>();

  /** Whether the two may be the same order; from here on they are. */
  agree(model: bigint, engine: bigint): boolean {
    if (model === 0n || engine === 0n) {
      return model === engine;
    }
    const known = this.engineIds.get(model);
    if (known === undefined && !this.modelIds.has(engine)) {
      this.engineIds.set(model, engine);
      this.modelIds.set(engine, model);
      return true;
    }
    return known === engine;
  }

  modelId(engine: bigint): bigint {
    return this.modelIds.get(engine) ?? 0n;
  }

  engineId(model: bigint): bigint {
    return this.engineIds.get(model) ?? 0n;
  }
}

export class Judge {
  readonly model: Model;
  readonly names = new OrderNames();
  private readonly fold = new LevelFold();

  constructor(private readonly scenario: Pick<Scenario, 'limits' | 'shard' | 'shardCount'>) {
    const { limits, shard, shardCount } = scenario;
    this.model = new Model(limits, shard, shardCount);
  }

  /** Of `count` events from event slot `eventsAt` on; empty when they are the expected ones. */
  compareEvents(expected: readonly PlainEvent[], events: Int32Array, eventsAt: number, count: number): string {
    for (let index = 0; index < Math.max(count, expected.length); index += 1) {
      const at = (eventsAt + index) * EVENT_WORDS;
      const model = expected[index];
      const engine = index < count ? readEvent(events, at) : undefined;
      if (model === undefined || engine === undefined) {
        return `event ${index + 1}: model ${show(model)}, engine ${show(engine)}`;
      }
      for (const field of Object.keys(model) as (keyof PlainEvent)[]) {
        const namesOrder = field === 'orderId' || (field === 'relatedId' && model.reason === Reason.OneCancelledOther);
        const equal = namesOrder
          ? [EventKind.FillBusted, EventKind.FillCorrected].includes(model.kind) ||
            this.names.agree(model[field] as bigint, engine[field] as bigint)
          : model[field] === engine[field];
        if (!equal) {
          return `event ${index + 1}, ${field}: model ${model[field]}, engine ${engine[field]}\n  model  ${show(model)}\n  engine ${show(engine)}`;
        }
      }
      const shape = checkEventShape(events, at);
      if (shape !== 0) {
        return `event ${index + 1} says more than its kind may (reason ${shape}): ${show(engine)}`;
      }
      this.fold.apply(events, at);
    }
    return '';
  }

  /** Counters, phases, books, money, holdings, and every link of the engine's; empty when all are equal. */
  compareStates(engine: Engine): string {
    const { model, scenario } = this;
    const counters: [string, number, number][] = [
      ['command sequence', model.commandSequence, engine.commandSequence],
      ['event sequence', model.eventSequence, engine.eventSequence],
      ['operations in progress', model.operationsInProgress, engine.operationsInProgress],
      ['when something is due', model.nextDueUs, engine.nextDueUs],
    ];
    for (let instrument = 1; instrument <= scenario.limits.maxInstruments; instrument += 1) {
      const phase = engine.state.registry.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_PHASE] ?? 0;
      counters.push([`phase of instrument ${instrument}`, model.phase(instrument), phase]);
    }
    for (const [what, expected, came] of counters) {
      if (expected !== came) {
        return `${what}: model ${expected}, engine ${came}`;
      }
    }
    for (let instrument = 1; instrument <= scenario.limits.maxInstruments; instrument += 1) {
      const difference =
        this.compareBook(engine, instrument, Side.Buy) || this.compareBook(engine, instrument, Side.Sell);
      if (difference !== '') {
        return `instrument ${instrument}, ${difference}`;
      }
    }
    engine.validate();
    return this.compareLedger(engine);
  }

  /** What every account has of every asset, and in every instrument; and that each asset adds up. */
  private compareLedger(engine: Engine): string {
    const { model } = this;
    const { maxAccounts, maxAssets, maxInstruments } = this.scenario.limits;
    model.checkMoney();
    for (let asset = 1; asset <= maxAssets; asset += 1) {
      let sum = 0;
      for (let account = 0; account <= maxAccounts; account += 1) {
        const expected = model.readPurse(account, asset);
        const came = engine.readPurse(account, asset);
        if (expected?.available !== came?.available || expected?.reserved !== came?.reserved) {
          return `account ${account}, asset ${asset}: model ${show(expected)}, engine ${show(came)}`;
        }
        sum += came === null ? 0 : came.available + came.reserved;
      }
      if (sum !== model.supply(asset)) {
        return `asset ${asset}: purses hold ${sum} of ${model.supply(asset)}`;
      }
    }
    for (let account = 1; account <= maxAccounts; account += 1) {
      for (let instrument = 1; instrument <= maxInstruments; instrument += 1) {
        const expected = show(model.readHolding(account, instrument));
        const came = show(engine.readHolding(account, instrument));
        if (expected !== came) {
          return `account ${account}, instrument ${instrument}: model ${expected}, engine ${came}`;
        }
      }
    }
    return '';
  }

  private compareBook(engine: Engine, instrument: number, side: Side): string {
    const name = side === Side.Buy ? 'buys' : 'sells';
    const expected = this.model.resting(instrument, name);
    const came = engineOrders(engine, instrument, side);
    for (let index = 0; index < Math.max(expected.length, came.length); index += 1) {
      const model = expected[index];
      const held = came[index];
      if (
        model === undefined ||
        held === undefined ||
        !this.names.agree(model.id, held.id) ||
        model.account !== held.account ||
        model.clientOrderId !== held.clientOrderId ||
        model.session !== held.session ||
        model.price !== held.price ||
        model.leaves !== held.leaves ||
        model.cumulative !== held.cumulative
      ) {
        return `${name}, place ${index + 1}: model ${show(model)}, engine ${show(held)}`;
      }
    }
    return this.compareLevels(engine, instrument, side, name);
  }

  /** The levels that the engine holds, and those that a reader folds from its events. */
  private compareLevels(engine: Engine, instrument: number, side: Side, name: 'buys' | 'sells'): string {
    const expected = this.model.levels(instrument, name);
    const folded = new Float64Array(MAX_LEVELS * 3);
    const count = this.fold.top(instrument, side, MAX_LEVELS, folded, 0);
    const text = expected.map((level) => `${level.price}:${level.quantity}:${level.orders}`).join(' ');
    const foldedText = Array.from({ length: count }, (_, n) => folded.slice(n * 3, n * 3 + 3).join(':')).join(' ');
    if (text !== foldedText) {
      return `${name}: levels of the model ${text}, folded from the events ${foldedText}`;
    }
    const engineText = engineLevels(engine, instrument, side).join(' ');
    if (text !== engineText) {
      return `${name}: levels of the model ${text}, of the engine ${engineText}`;
    }
    const market = this.model.resting(instrument, name).filter((order) => order.price === NO_PRICE);
    return market.length === this.fold.marketOrders(instrument, side)
      ? ''
      : `${name}: ${market.length} market orders rest, the events say ${this.fold.marketOrders(instrument, side)}`;
  }
}

/** Whether the target of a record is an order id. */
export function namesOrderId(words: Int32Array): boolean {
  const { kind, flags } = readCommand(words, 0);
  const aims = [CommandKind.Cancel, CommandKind.Replace, CommandKind.CancelReplace, CommandKind.OrderStatus].includes(
    kind,
  );
  return aims && (flags & CommandFlag.TargetIsClientOrderId) === 0;
}

/** The orders of a side by priority, as the engine holds them. */
function engineOrders(engine: Engine, instrument: number, side: Side): RestingOrder[] {
  const { sides, levels } = engine.state.books;
  const sideAt = (instrument * 2 + side) << SIDE_SHIFT;
  const orders: RestingOrder[] = [];
  if (instrument > engine.state.registry.instrumentCount) {
    return orders;
  }
  const market = sides[sideAt + SIDE_MARKET] ?? -1;
  if (market >= 0) {
    addQueue(engine, market, orders);
  }
  for (
    let level = sides[sideAt + SIDE_BEST] ?? -1;
    level >= 0;
    level = levels.words[(level << LEVEL_SHIFT) + LEVEL_WORSE] ?? -1
  ) {
    addQueue(engine, level, orders);
  }
  return orders;
}

function addQueue(engine: Engine, level: number, orders: RestingOrder[]): void {
  const { books } = engine.state;
  const { words } = books.orders;
  for (let slot = books.levels.words[(level << LEVEL_SHIFT) + LEVEL_HEAD] ?? -1; slot >= 0; ) {
    const at = slot << ORDER_SHIFT;
    const word = (field: number): number => words[at + field] ?? 0;
    orders.push({
      id: (BigInt(word(ORDER_GENERATION) >>> 0) << 32n) | BigInt(slot),
      account: word(ORDER_ACCOUNT) >>> 0,
      clientOrderId: readId(words, at + ORDER_CLIENT_LOW),
      session: word(ORDER_SESSION) >>> 0,
      price: word(ORDER_PRICE),
      leaves: word(ORDER_LEAVES) >>> 0,
      cumulative: word(ORDER_CUMULATIVE) >>> 0,
    });
    slot = word(ORDER_NEXT);
  }
}

/** price:total:orders of each level of a side, best first, by what the engine says is shown. */
function engineLevels(engine: Engine, instrument: number, side: Side): string[] {
  const { sides, levels, orders } = engine.state.books;
  const texts: string[] = [];
  if (instrument > engine.state.registry.instrumentCount) {
    return texts;
  }
  let level = sides[((instrument * 2 + side) << SIDE_SHIFT) + SIDE_BEST] ?? -1;
  while (level >= 0) {
    const at = level << LEVEL_SHIFT;
    const head = levels.words[at + LEVEL_HEAD] ?? 0;
    const price = orders.words[(head << ORDER_SHIFT) + ORDER_PRICE];
    const total = level << TOTAL_SHIFT;
    const shown = (levels.totals[total + TOTAL] ?? 0) - (levels.totals[total + HIDDEN] ?? 0);
    texts.push(`${price}:${shown}:${levels.words[at + LEVEL_ORDERS]}`);
    level = levels.words[at + LEVEL_WORSE] ?? -1;
  }
  return texts;
}

/** All fields that say something, on one line. */
export function show(value: object | null | undefined): string {
  if (value === undefined || value === null) {
    return 'nothing';
  }
  const parts: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (field !== 0 && field !== 0n && field !== false) {
      parts.push(`${name}=${field}`);
    }
  }
  return parts.join(' ');
}
