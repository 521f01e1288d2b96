/** The table of lanes: incarnations that fall into the same chain are all found, and listed once, the lowest first. */
import t from 'tap';
import { LaneTable } from './lanes.js';

t.test('open incarnations of one chain are all found, whichever of them closes', async (t) => {
  const same = [7, 7 + (1 << 20), 7 + (2 << 20), 7 + (3 << 20)];
  for (let closed = 0; closed < same.length; closed++) {
    const lanes = new LaneTable(8, 2);
    for (const [account, incarnation] of same.entries()) lanes.open(lanes.add(account + 1, 1), incarnation);
    t.same([...lanes.openIncarnations()], same, 'the lowest first');
    lanes.close(closed);
    for (const [lane, incarnation] of same.entries()) {
      t.equal(lanes.findOpen(incarnation), lane === closed ? -1 : lane, `${incarnation} without ${same[closed]}`);
    }
    t.same(
      [...lanes.openIncarnations()],
      same.filter((_, lane) => lane !== closed),
    );
  }
});
