/** What may be on its way together: commands of different members whose order decides something never are. */

import t from 'tap';
import { Side } from '../../schemas/codes.js';
import { type DayCommand, SequenceGuard } from './sequence-guard.js';

let index = 0;
function command(kind: DayCommand['kind'], member: number, side: Side = Side.Buy, price = 100): DayCommand {
  return { index: index++, kind, member, side, price };
}

const { Buy, Sell } = Side;

t.test('what may join a command on its way, and what waits for it', async (t) => {
  const cases: [onItsWay: DayCommand, next: DayCommand, allowed: boolean, why: string][] = [
    [command('new', 1, Buy, 100), command('new', 2, Buy, 101), true, 'another price'],
    [command('new', 1, Buy, 100), command('new', 2, Sell, 101), true, 'another side'],
    [command('new', 1, Buy, 100), command('new', 2, Buy, 100), false, 'the same place in the queue'],
    [command('new', 1, Buy, 100), command('new', 1, Buy, 100), true, 'one session keeps its own order'],
    [command('new', 1, Buy, 100), command('cancel', 2, Sell, 101), true, 'a cancel behind an order that rests'],
    [command('new', 1, Buy, 100), command('cancel', 1, Buy, 100), true, 'the cancel of the very order'],
    [command('cancel', 1, Sell, 101), command('new', 2, Buy, 101), false, 'it would trade with what goes'],
    [command('cancel', 1, Sell, 101), command('new', 2, Buy, 102), false, 'it would trade through what goes'],
    [command('cancel', 1, Sell, 101), command('new', 2, Buy, 100), true, 'it does not reach what goes'],
    [command('cancel', 1, Buy, 99), command('new', 2, Sell, 99), false, 'the same for sells'],
    [command('cancel', 1, Buy, 99), command('new', 2, Sell, 98), false, 'the same for sells, through it'],
    [command('cancel', 1, Buy, 99), command('new', 2, Sell, 100), true, 'the same for sells, above it'],
    [command('cancel', 1, Buy, 99), command('new', 2, Buy, 99), true, 'a cancel takes no place in the queue'],
    [command('cancel', 1, Buy, 99), command('new', 1, Sell, 98), true, 'one session keeps its own order'],
    [command('cancel', 1, Buy, 99), command('cancel', 2, Buy, 99), true, 'two cancels'],
    [command('new', 1), command('alone', 1), false, 'what trades waits for all'],
    [command('alone', 1), command('new', 1), false, 'all wait for what trades'],
    [command('alone', 1), command('cancel', 2), false, 'cancels too'],
    [command('alone', 1), command('alone', 2), false, 'and what trades as well'],
  ];
  for (const [onItsWay, next, allowed, why] of cases) {
    const guard = new SequenceGuard();
    t.equal(guard.allows(onItsWay), true, 'nothing else is on its way');
    guard.sent(onItsWay);
    t.equal(guard.allows(next), allowed, why);
    guard.answered(onItsWay.index);
    t.equal(guard.allows(next), true, 'when it is answered nothing waits');
    t.equal(guard.size, 0);
  }
});

t.test('each of several on their way is looked at', async (t) => {
  const guard = new SequenceGuard();
  const [first, second] = [command('new', 1, Buy, 100), command('new', 2, Buy, 101)];
  guard.sent(first);
  guard.sent(second);
  t.equal(guard.allows(command('new', 3, Buy, 100)), false);
  t.equal(guard.allows(command('new', 3, Buy, 101)), false);
  guard.answered(first.index);
  t.equal(guard.allows(command('new', 3, Buy, 100)), true);
  t.equal(guard.allows(command('new', 3, Buy, 101)), false);
  t.equal(guard.allows(command('alone', 3)), false, 'one is on its way still');
});
