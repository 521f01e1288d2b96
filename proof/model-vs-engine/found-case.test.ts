/**
 * What model-vs-engine finds becomes a rule table that a trader can read: it fails on the engine with the fault, and holds
 * on the engine without it and on the model. And every case that was ever found (proof/seeds) is played again.
 */

import { join } from 'node:path';
import t from 'tap';
import { repositoryFolder } from '../recordings/data-folder.js';
import { casesOf, onEngine, onModel, playCase, ruleCases } from '../rules/rule-cases.js';
import { foundCase, foundText } from './found-case.js';
import { compare } from './model-vs-engine.js';
import { PLANTED_FAULTS } from './planted-faults.js';
import { randomScenario } from './random-commands.js';
import { ruleTable } from './rule-table.js';

t.setTimeout(300_000);

const SEEDS = ruleCases(join(repositoryFolder(), 'proof', 'seeds'));

for (const one of SEEDS) {
  t.test(`${one.file}: ${one.title}`, async (t) => {
    const byEngine = playCase(one, onEngine);
    t.same(byEngine.failures, [], 'on the engine');
    const byModel = playCase(one, onModel);
    t.same(byModel.failures, [], 'on the model');
    t.same(byEngine.events, byModel.events, 'the same events');
  });
}

t.test('there are cases that were found', async (t) => {
  t.ok(SEEDS.length >= Object.keys(PLANTED_FAULTS).length, `${SEEDS.length} cases`);
});

for (const [fault, engineOf] of Object.entries(PLANTED_FAULTS)) {
  t.test(`planted: ${fault}; the table that shows it fails with the fault alone`, async (t) => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const scenario = randomScenario(seed, 300);
      const finding = compare(scenario, scenario.commands, scenario.limits, engineOf);
      if (finding === undefined) continue;
      const found = foundCase(scenario, finding, engineOf);
      t.comment(foundText(found));
      t.ok(found.short.length < 40, `shown by ${found.short.length} commands`);
      const [one, ...more] = casesOf('found.rules', found.table);
      if (one === undefined || more.length > 0) throw new Error('one case was found');
      t.not(playCase(one, engineOf).failures.length, 0, 'fails with the fault');
      t.same(playCase(one, onEngine).failures, [], 'holds on the engine');
      t.same(playCase(one, onModel).failures, [], 'holds on the model');
      t.same(playCase(one, onEngine).events, playCase(one, onModel).events, 'the same events');
      return;
    }
    t.fail('no sequence shows it');
  });
}

t.test('whole random sequences hold as tables, whatever is in them', async (t) => {
  let records = 0;
  let lines = 0;
  let played = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const scenario = randomScenario(seed, 120);
    const table = ruleTable(scenario, scenario.commands, `seed ${seed}`, seed % 2 === 0);
    records += table.split('\n').filter((line) => line.startsWith('record ')).length;
    lines += scenario.commands.length;
    // An order without an id of its own has no name in a table; a number is one of the model alone.
    if (/orderOf=\S+#0 .*raw\.targetId=| order=[1-9]/.test(table)) continue;
    played += 1;
    const [one] = casesOf(`seed-${seed}`, table);
    if (one === undefined) throw new Error('no case');
    t.same(playCase(one, onModel).failures, [], `seed ${seed} on the model`);
    t.same(playCase(one, onEngine).failures, [], `seed ${seed} on the engine`);
  }
  t.ok(played > 25, `${played} of 40 sequences`);
  t.ok(records < lines / 10, `${records} of ${lines} commands are not readable`);
});
