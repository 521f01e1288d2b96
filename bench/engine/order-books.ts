/**
 * The baseline: nodejs-order-book, one book an instrument, on the same commands. It does what a flow needs alike: limit
 * orders, immediate-or-cancel, cancels, and a modify that loses its place. Orders' ids are strings there, made before
 * the clock starts; a call's options are an object, as its users write them. Any thread.
 */

import { type LimitOrderOptions, OrderBook, Side } from 'nodejs-order-book';
import { CommandKind, TimeInForce } from '../../schemas/codes.js';
import {
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_WORDS,
} from '../../schemas/layout.js';
import type { EngineFlow } from './engine-flows.js';
import { DepthHash, type FlowAnswers } from './flow-answers.js';

// Its enum of these is a type alone.
const IOC = 'IOC' as NonNullable<LimitOrderOptions['timeInForce']>;
const GTC = 'GTC' as NonNullable<LimitOrderOptions['timeInForce']>;

export interface BooksPass {
  readonly seconds: number;
  readonly answers: FlowAnswers;
}

export function playOrderBooks({ plan, commands, instruments }: EngineFlow): BooksPass {
  const count = commands.length / COMMAND_WORDS;
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) ids.push(String(plan.orderId(index + 1)));
  const books = Array.from({ length: instruments + 1 }, () => new OrderBook());
  let traded = 0;
  let refused = 0;
  const started = process.hrtime.bigint();
  for (let index = 0; index < count; index += 1) {
    const at = index * COMMAND_WORDS;
    const book = books[commands[at + COMMAND_INSTRUMENT] as number] as OrderBook;
    const kindWord = commands[at + COMMAND_KIND_WORD] as number;
    const kind = kindWord & 0xff;
    const id = ids[index] as string;
    if (kind === CommandKind.Cancel) {
      if (book.cancel(id) === undefined) refused += 1;
      continue;
    }
    const price = commands[at + COMMAND_PRICE] as number;
    const size = commands[at + COMMAND_QUANTITY] as number;
    if (kind === CommandKind.New) {
      const side = ((kindWord >>> 8) & 1) === 0 ? Side.BUY : Side.SELL;
      const timeInForce = kindWord >>> 24 === TimeInForce.ImmediateOrCancel ? IOC : GTC;
      traded += size - book.limit({ id, side, size, price, timeInForce }).quantityLeft;
    } else {
      const { err, quantityLeft } = book.modify(id, { price, size });
      if (err === null) traded += size - quantityLeft;
      else refused += 1;
    }
  }
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const depth = new DepthHash();
  for (let instrument = 1; instrument <= instruments; instrument += 1) {
    const [asks, bids] = (books[instrument] as OrderBook).depth();
    bids.sort(([one], [other]) => other - one);
    asks.sort(([one], [other]) => one - other);
    for (const [price, quantity] of bids) depth.add(instrument, 0, price, quantity);
    for (const [price, quantity] of asks) depth.add(instrument, 1, price, quantity);
  }
  return { seconds, answers: { traded, refused, depth: depth.toString() } };
}
