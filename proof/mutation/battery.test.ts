/** The battery says nothing of the engine, and something of each engine with a fault. */

import t from 'tap';
import { PLANTED_FAULTS } from '../model-vs-engine/planted-faults.js';
import { battery } from './battery.js';

t.setTimeout(120_000);

t.test('every check of the battery holds on the engine', async (t) => {
  const checks = battery(20, 10);
  t.ok(checks.length > 400, `${checks.length} checks`);
  t.equal(new Set(checks.map(({ name }) => name)).size, checks.length, 'each has a name of its own');
  t.same(
    checks.filter((check) => check.run() !== '').map(({ name }) => name),
    [],
  );
});

for (const [fault, engineOf] of Object.entries(PLANTED_FAULTS)) {
  t.test(`planted: ${fault}; a random sequence sees it, and a rule table`, async (t) => {
    const seeing = battery(40, 0, engineOf)
      .filter((check) => check.run() !== '')
      .map(({ name }) => name);
    t.ok(
      seeing.some((name) => name.startsWith('sequence ')),
      'a sequence',
    );
    t.ok(
      seeing.some((name) => name.includes('.rules:')),
      'a table',
    );
  });
}
