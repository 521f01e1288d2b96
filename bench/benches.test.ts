/** Each bench in small: it runs through, its figures are there, and nothing but this machine's haste can make it void. */

import t from 'tap';
import { BENCHES } from './benches.js';
import { meetsTarget } from './outcome.js';

/** Said of a run whose generator was late, which tests beside other tests cannot help. */
const LATE = /the generator (lagged \d+ us at p99|sent [\d.]+% of its plan in time)$/;

for (const { name, run } of BENCHES) {
  t.test(`the bench ${name} runs in small and its answers are right`, async (t) => {
    const said: string[] = [];
    const { figures, conditions, curves, voids } = await run({ size: 'small', say: (line) => said.push(line) });
    t.same(
      voids.filter((why) => !LATE.test(why)),
      [],
    );
    t.ok(figures.length > 0 && conditions.length > 0 && said.length > 0);
    t.equal(new Set(figures.map((figure) => figure.name)).size, figures.length, 'each figure has a name of its own');
    for (const figure of figures) {
      t.ok(Number.isFinite(figure.value), `${figure.name} ${figure.value}`);
      t.ok(/^\S+$/.test(figure.name) && /^\S+$/.test(figure.unit));
      t.doesNotThrow(() => meetsTarget(figure));
    }
    for (const { points } of curves) t.ok(points.length > 0);
  });
}
