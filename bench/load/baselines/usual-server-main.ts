/**
 * What people usually write, so that a reader sees what he gains: WebSockets by `ws`, JSON, the book of
 * nodejs-order-book, one line and one fsync an order before its answer. A process of its own on a free port that it
 * prints; ends when its parent closes the pipe. Argument: the log's file.
 *
 * in   { id, op: 'new', orderID, side, size, price, timeInForce } | { id, op: 'cancel', orderID } | { id, op: 'modify', orderID, size, price }
 * out  { id, ok, done, partial, left }
 */

import { fsyncSync, openSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { type LimitOrderOptions, OrderBook, Side } from 'nodejs-order-book';
import { WebSocketServer } from 'ws';
import type { UsualRequest } from './usual-request.js';

const book = new OrderBook();
const log = openSync(process.argv[2] ?? 'orders.log', 'a');

function apply(request: UsualRequest): unknown {
  if (request.op === 'cancel') return { ok: book.cancel(request.orderID) !== undefined };
  const side = request.side === 'buy' ? Side.BUY : Side.SELL;
  if (request.op === 'modify') {
    // A change of price and place is a cancel and a new order here.
    if (book.cancel(request.orderID) === undefined) return { ok: false };
  }
  const now = request.op === 'new' && request.timeInForce === 'IOC';
  const { err, done, partial, partialQuantityProcessed } = book.limit({
    side,
    id: request.orderID,
    size: request.size,
    price: request.price,
    // The package does not export the names of these.
    timeInForce: (now ? 'IOC' : 'GTC') as NonNullable<LimitOrderOptions['timeInForce']>,
  });
  return { ok: err === null, done, partial, left: partialQuantityProcessed };
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const request: UsualRequest = JSON.parse(String(data));
    const outcome = apply(request);
    writeSync(log, `${JSON.stringify({ request, outcome })}\n`);
    fsyncSync(log);
    socket.send(JSON.stringify({ id: request.id, ...(outcome as object) }));
  });
});
process.stdin.on('end', () => process.exit(0)).resume();
