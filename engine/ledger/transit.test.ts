import t from 'tap';
import { Reason } from '../../schemas/codes.js';
import { Transit } from './transit.js';
import { TransitBoard } from './transit-board.js';

t.test(
  'rule 6.19: so many moves may be on their way, each shard counts its own from 1, and the oldest ends first',
  async (t) => {
    const transit = new Transit(2);
    for (let move = 1; move <= 1024; move++) {
      t.equal(transit.isFull(), false);
      transit.send(move % 2 === 0 ? 1 : 2, 5, 1 + (move % 2), move);
    }
    t.equal(transit.isFull(), true);
    transit.validate();
    t.same([transit.sent[1], transit.sent[2], transit.moved[1], transit.moved[2]], [512, 512, -262_656, -262_144]);
    const board = new TransitBoard(TransitBoard.create());
    board.publish(transit);
    t.same(board.oldest(1), { number: 1, account: 5, asset: 1, amount: 2 });
    t.same(board.oldest(2), { number: 1, account: 5, asset: 2, amount: 1 });
    t.equal(board.oldest(3), null);
    transit.end(transit.first(1), true);
    transit.end(transit.first(2), false);
    t.equal(transit.isFull(), false);
    transit.validate();
    t.same([transit.moved[1], transit.moved[2]], [-262_654, -262_144], 'what came back is here again');
    t.same(board.oldest(1)?.number, 1, 'nothing shows before it is published');
    board.publish(transit);
    t.same(board.oldest(1), { number: 2, account: 5, asset: 1, amount: 4 });
    t.same(board.oldest(2), { number: 2, account: 5, asset: 2, amount: 3 });
  },
);

t.test('rule 6.22: what did not fit is received, and its result shows', async (t) => {
  const transit = new Transit(2);
  const board = new TransitBoard(TransitBoard.create());
  t.same(board.received(3), { number: 0, result: 0 });
  transit.receive(3, 1, 9, Reason.PursesFull);
  board.publish(transit);
  t.same(board.received(3), { number: 1, result: Reason.PursesFull });
  t.equal(transit.moved[1], 0);
  transit.receive(3, 1, 9, 0);
  board.publish(transit);
  t.same(board.received(3), { number: 2, result: 0 });
  t.equal(transit.moved[1], 9);
});
