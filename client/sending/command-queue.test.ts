/** The queue before the wire: order, whole commands, the frame's and the window's bounds, and its own. */

import t from 'tap';
import { COMMAND_WORDS } from '../../schemas/layout.js';
import { CommandQueue } from './command-queue.js';

/** A head with so many Parts, each word its counter. */
function command(counter: number, parts = 0, answers = 1) {
  return { counter, words: new Int32Array((parts + 1) * COMMAND_WORDS).fill(counter), answers };
}

t.test('commands leave in the order in which they came, as many as the room allows, none twice', async (t) => {
  const queue = new CommandQueue(1000);
  const left: number[] = [];
  let added = 0;
  for (let turn = 0; turn < 200; turn++) {
    for (let more = 0; more < turn % 7; more++) t.ok(queue.add(command(++added)));
    const frame = queue.takeFrame(3);
    for (const { counter } of frame?.commands ?? []) {
      t.equal(queue.words[(counter - (frame?.commands[0]?.counter ?? 0)) * COMMAND_WORDS], counter);
      left.push(counter);
    }
  }
  for (let frame = queue.takeFrame(256); frame !== null; frame = queue.takeFrame(256)) {
    left.push(...frame.commands.map(({ counter }) => counter));
  }
  t.same(
    left,
    Array.from({ length: added }, (_, index) => index + 1),
  );
  t.ok(queue.isEmpty);
});

t.test(
  'a command is not cut in two by the end of a frame, nor by the window when it has several answers',
  async (t) => {
    const queue = new CommandQueue(1000);
    queue.add(command(1, 199));
    queue.add(command(2, 99));
    queue.add(command(3, 0, 4));
    t.match(queue.takeFrame(10), { records: 200, answers: 1, commands: [{ counter: 1 }] });
    t.match(queue.takeFrame(4), { records: 100, answers: 1, commands: [{ counter: 2 }] });
    t.equal(queue.takeFrame(3), null);
    t.match(queue.takeFrame(4), { records: 1, answers: 4, commands: [{ counter: 3 }] });
  },
);

t.test('it holds so many records and no more, and what was taken makes room', async (t) => {
  const queue = new CommandQueue(4);
  t.ok(queue.add(command(1, 1)));
  t.ok(queue.add(command(2, 1)));
  t.notOk(queue.add(command(3)));
  queue.takeFrame(1);
  t.notOk(queue.add(command(3, 2)));
  t.ok(queue.add(command(3, 1)));
  queue.clear();
  t.ok(queue.isEmpty);
  t.ok(queue.add(command(4, 31)), 'one command fits always');
  t.notOk(queue.add(command(5)));
});
