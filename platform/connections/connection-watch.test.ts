/** The watch over connections without a process around it: when the port closes and opens, and who is told what. */

import { closeSync, openSync } from 'node:fs';
import t from 'tap';
import type { PortState } from '../../gateway/port-probe.js';
import { ConnectionWatch, countDescriptors } from './connection-watch.js';

const GATEWAYS = 2;
const OWN = 40;

/** Two gateways that answer when they are told to; the numbers are what the test says. */
class MadeProcess {
  descriptors = OWN;
  nowMs = 0;
  port: PortState = 'free';
  readonly orders: boolean[] = [];
  readonly logged: string[] = [];
  closed = 0;
  readonly watch: ConnectionWatch;

  constructor(bounds: { connections: number; files: number }) {
    this.watch = new ConnectionWatch({
      gateways: GATEWAYS,
      spares: 3,
      ...bounds,
      countDescriptors: () => this.descriptors,
      nowMs: () => this.nowMs,
      accept: (open) => void this.orders.push(open),
      probe: async () => this.port,
      measured: (_descriptors, closed) => {
        if (closed) this.closed++;
      },
      log: (_level, code, message) => void this.logged.push(`${code}: ${message}`),
    });
  }

  /** As a look some time later finds it; what it set going is done. */
  async look(descriptors: number): Promise<void> {
    this.nowMs += 1000;
    this.descriptors = descriptors;
    this.watch.look();
    await new Promise(setImmediate);
  }

  answer(open: boolean): void {
    for (let gateway = 0; gateway < GATEWAYS; gateway++) this.watch.accepting(gateway, open);
  }
}

t.test('too many close the port, and it opens when a tenth of the room is free', async (t) => {
  const made = new MadeProcess({ connections: 100, files: 1000 });
  t.teardown(() => made.watch.stop());
  await made.look(OWN + 99);
  t.same(made.orders, [], 'one less than the room');
  await made.look(OWN + 100);
  t.same(made.orders, [false]);
  t.equal(made.closed, 1);
  t.same(made.logged, [
    'CONNECTIONS_FULL: 100 connections are open and there is room for 100: no new ones are taken until some have gone; raise --connections if they are welcome',
  ]);
  made.watch.accepting(0, false);
  await made.look(OWN);
  t.equal(made.watch.state, 'closing', 'as long as one gateway listens');
  made.watch.accepting(1, false);
  t.equal(made.watch.state, 'closed');
  // Three spare descriptors are let go, so that many fewer are counted.
  await made.look(OWN + 90 - 3);
  t.same(made.orders, [false], 'nine tenths and not below');
  await made.look(OWN + 89 - 3);
  t.same(made.orders, [false, true]);
  made.answer(true);
  t.equal(made.watch.state, 'open');
  t.equal(made.logged.at(-1), 'CONNECTIONS_TAKEN: connections are taken again');
  t.equal(made.closed, 1);
});

t.test('few descriptors bound it as well, and that is what is said', async (t) => {
  const made = new MadeProcess({ connections: 100, files: OWN + 50 });
  t.teardown(() => made.watch.stop());
  await made.look(OWN + 51);
  t.match(made.logged[0], /^CONNECTIONS_FULL: 51 connections are open and there is room for 50: .*ulimit -Hn/);
});

t.test('a gateway that had no descriptor closes the port for all, and so does a look that found none', async (t) => {
  const told = new MadeProcess({ connections: 100, files: 1000 });
  t.teardown(() => told.watch.stop());
  told.watch.accepting(1, false);
  t.same(told.orders, [false]);
  t.match(told.logged[0], /^CONNECTIONS_FULL: no file descriptor is left and there is room for 100:/);
  const found = new MadeProcess({ connections: 100, files: 1000 });
  t.teardown(() => found.watch.stop());
  await found.look(Number.POSITIVE_INFINITY);
  t.same(found.orders, [false]);
});

t.test('a port that another program took meanwhile is not shared with it, and is tried again', async (t) => {
  const made = new MadeProcess({ connections: 100, files: 1000 });
  t.teardown(() => made.watch.stop());
  await made.look(OWN + 100);
  made.answer(false);
  made.port = 'taken';
  await made.look(OWN);
  t.same(made.orders, [false]);
  t.equal(made.logged.at(-1), 'PORT_TAKEN: the port cannot be opened again: another program has taken it meanwhile');
  made.port = 'free';
  made.watch.look();
  await new Promise(setImmediate);
  t.same(made.orders, [false], 'not more often than once a second');
  await made.look(OWN);
  t.same(made.orders, [false, true]);
  // The second gateway could not listen: all close, and it is tried again.
  made.watch.accepting(0, true);
  made.watch.accepting(1, false);
  t.same(made.orders, [false, true, false]);
  made.answer(false);
  await made.look(OWN);
  t.same(made.orders, [false, true, false, true]);
  made.answer(true);
  t.equal(made.watch.state, 'open');
});

t.test('after its end nobody is told anything', async (t) => {
  const made = new MadeProcess({ connections: 100, files: 1000 });
  await made.look(OWN + 100);
  made.watch.stop();
  made.answer(false);
  await made.look(OWN);
  t.same(made.orders, [false]);
});

t.test('descriptors of this process are counted', async (t) => {
  const before = countDescriptors();
  const opened = Array.from({ length: 10 }, () => openSync('/dev/null', 'r'));
  t.equal(countDescriptors(), before + 10);
  for (const descriptor of opened) closeSync(descriptor);
});
