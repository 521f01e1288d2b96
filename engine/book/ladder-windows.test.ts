/** Windows with bitmaps of three levels against a plain list: the nearest level up and down, wherever the next one is. */
import t from 'tap';
import { Dice } from '../../proof/dice.js';
import { LadderWindows } from './ladder-windows.js';

/** One word of bits, some words, some words of words, and as much as a window may have. */
for (const ticks of [32, 64, 2048, 32_768]) {
  t.test(`of ${ticks} ticks the nearest occupied one is found up and down`, async (t) => {
    const dice = new Dice(ticks);
    const windows = new LadderWindows(3, ticks);
    t.equal(windows.take(7, 0), 0);
    const window = windows.take(8, 1000);
    t.equal(window, 1);
    let occupied: number[] = [];
    /** Often at an edge of a word, and often all alone. */
    const somewhere = () =>
      dice.chance(0.5)
        ? dice.below(ticks)
        : Math.min(ticks - 1, 32 ** dice.between(0, 3) * dice.below(4) + dice.below(2));
    for (let step = 0; step < 600; step++) {
      const offset = somewhere();
      if (occupied.includes(offset) || (occupied.length > 6 && dice.chance(0.6))) {
        const gone = occupied.includes(offset) ? offset : (occupied[dice.below(occupied.length)] ?? 0);
        windows.clear(window, gone);
        occupied = occupied.filter((one) => one !== gone);
      } else {
        windows.set(window, offset, step);
        occupied.push(offset);
      }
      windows.validate();
      for (const from of [-1, 0, 1, ticks - 1, somewhere(), somewhere(), ...occupied]) {
        const above = Math.min(...occupied.filter((one) => one > from));
        const below = Math.max(...occupied.filter((one) => one < from));
        const came = [windows.above(window, from), windows.below(window, from)];
        const expected = [above, below].map((one) => (Number.isFinite(one) ? one : -1));
        if (came.join() !== expected.join()) t.fail(`step ${step}, from ${from}: ${came}, not ${expected}`);
      }
      // Up to the number of ticks there is always a place below.
      const highest = Math.max(...occupied);
      if (windows.below(window, ticks) !== (Number.isFinite(highest) ? highest : -1))
        t.fail(`step ${step}: from above`);
    }
    t.equal(windows.above(0, -1), -1, 'the window before it is empty still');
  });
}

t.test('windows are taken and given back, each once', async (t) => {
  const windows = new LadderWindows(2, 32);
  const [first, second] = [windows.take(2, 0), windows.take(3, 0)];
  t.same([first, second, windows.take(4, 0)], [0, 1, -1]);
  windows.set(0, 5, 9);
  t.throws(() => windows.release(0), /with levels in it/);
  windows.clear(0, 5);
  windows.release(0);
  t.throws(() => windows.release(0), /twice/);
  t.equal(windows.take(5, 77), 0);
  t.equal(windows.bases[0], 77);
  t.equal(windows.owners[0], 5);
  t.equal(new LadderWindows(0, 32).take(2, 0), -1);
});

t.test('a window lies around the best key, three quarters below it, and within what a key may be', async (t) => {
  const windows = new LadderWindows(1, 64);
  t.equal(windows.baseAround(100), 100 - 48);
  t.equal(windows.baseAround(-2147483647), -2147483648);
  t.equal(windows.baseAround(2147483647 - 20), 2147483647 - 68);
  t.equal(windows.baseAround(2147483647), 2147483648 - 64);
});
