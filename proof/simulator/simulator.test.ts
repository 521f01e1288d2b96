/**
 * Fixed seeds and new ones, each judged by the model at every step; the same seed is the same again; and bugs that are
 * planted are found, so that a simulation that holds means something. `make simulate` runs as many as there is time for.
 */

import { randomInt } from 'node:crypto';
import t from 'tap';
import { describeFailure, failureOf, shortenFailure } from './found-failure.js';
import { makePlan } from './plan.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { simulate, type Tally } from './simulation.js';

t.setTimeout(600_000);

const STEPS = 300;
const FIXED = 300;
const NEW = 50;
/** What they found: docs/reliability.md. */
const FOUND = [174, 1_823_456_428, 1_278_241_082];
/** Seeds that may be needed until one reaches what a planted bug spoils. */
const BUG_SEEDS = 60;
/** Each must really have been injected, so often at least. */
const LEAST: Tally = {
  'crashes inside a call': 300,
  'machines died': 300,
  'processes died': 300,
  'groups that came back': 100,
  'groups lost': 100,
  'write errors': 30,
  'writes refused by a full disk': 50,
  'turned bits refused': 100,
  'bad snapshots passed over': 20,
  'wrong reads found': 20,
  'snapshots written': 500,
  'commands lost': 300,
  'clock went back': 100,
  resumes: 500,
  resend: 1_000,
};

/** What fails among so many seeds, and what was injected. */
function run(first: number, count: number): { readonly failed: readonly string[]; readonly tally: Tally } {
  const failed: string[] = [];
  const tally: Record<string, number> = {};
  for (let seed = first; seed < first + count; seed += 1) {
    const plan = makePlan(seed, STEPS);
    const message = failureOf(plan);
    if (message !== '') failed.push(describeFailure(shortenFailure(plan, message)));
    else for (const [what, times] of Object.entries(simulate(plan).tally)) tally[what] = (tally[what] ?? 0) + times;
  }
  return { failed, tally };
}

t.test(`${FIXED} fixed seeds hold, and every fault was really injected`, async (t) => {
  const { failed, tally } = run(1, FIXED);
  t.same(failed, []);
  for (const [what, least] of Object.entries(LEAST)) t.ok((tally[what] ?? 0) >= least, `${what}: ${tally[what]}`);
});

t.test('seeds that once found something hold', async (t) => {
  for (const seed of FOUND) t.equal(failureOf(makePlan(seed, STEPS)), '', `seed ${seed}`);
});

t.test(`${NEW} new seeds hold`, async (t) => {
  const first = randomInt(2 ** 31);
  const { failed } = run(first, NEW);
  t.same(failed, [], `seeds from ${first} on`);
});

t.test('the same seed is the same again, another one another', async (t) => {
  const traces = [1, 2, 3].map((seed) => simulate(makePlan(seed, STEPS)).trace);
  t.same(
    [1, 2, 3].map((seed) => simulate(makePlan(seed, STEPS)).trace),
    traces,
  );
  t.equal(new Set(traces).size, 3);
});

for (const bug of PLANTED_BUGS) {
  t.test(`it finds ${bug.name}`, async (t) => {
    let seed = 1;
    while (seed <= BUG_SEEDS && failureOf(makePlan(seed, STEPS), bug) === '') seed += 1;
    t.ok(seed <= BUG_SEEDS, `seed ${seed}`);
    t.equal(failureOf(makePlan(seed, STEPS)), '', 'which holds without it');
  });
}

t.test('a failure is made short', async (t) => {
  const [bug = null] = PLANTED_BUGS;
  const plan = makePlan(1, STEPS);
  const { shortest, seed, steps } = shortenFailure(plan, failureOf(plan, bug), bug);
  t.ok(shortest.actions.length < STEPS / 4, `${shortest.actions.length} actions`);
  t.not(failureOf(shortest, bug), '');
  t.same([seed, steps], [1, STEPS]);
});
