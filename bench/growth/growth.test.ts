import t from 'tap';
import { runAddUp } from './add-up.js';
import { CROWD_KINDS, runCrowd, runLevel } from './crowds.js';
import { GrownVenue } from './grown-venue.js';
import { LARGE_KINDS, runLarge, runLargeInRounds } from './large-commands.js';

t.test(
  'large commands go on in steps, the other instrument trades in between, and their events are right',
  async (t) => {
    for (const kind of LARGE_KINDS) {
      const { steps, others, events, ms } = runLarge(kind, 6_000);
      t.ok(steps > 1 && others === steps - 1, `${kind}: ${steps} steps`);
      t.ok(events >= 6_000 && ms > 0);
      const { rounds } = runLargeInRounds(kind, 6_000);
      t.equal(rounds, steps, `${kind}: a step a round`);
    }
  },
);

t.test('crowds of each kind are entered, weighed and cancelled from', async (t) => {
  for (const kind of CROWD_KINDS) {
    const { nsToEnter, nsToCancel } = runCrowd(kind, 1_000);
    t.ok(nsToEnter >= 0 && nsToCancel >= 0, kind);
  }
  const { large, ofTen, alone } = runLevel(1_000);
  t.ok(large >= 0 && ofTen >= 0 && alone >= 0);
});

t.test('the money adds up', async (t) => {
  t.ok(runAddUp(8, 2).us >= 0);
});

t.test('a command that is refused ends the measurement', async (t) => {
  const venue = new GrownVenue({ maxOrders: 1, maxLevels: 1 });
  venue.enter(1, 0, 10);
  t.throws(() => venue.enter(1, 0, 10), /^an order was refused, reason \d+$/);
  venue.writeCancel(1, 5);
  t.throws(() => venue.apply('a cancel'), /^a cancel was refused/);
});
