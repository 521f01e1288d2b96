/** What makes the engine's bench void is found: an answer that differs is seen. The bench itself runs in benches.test.ts. */

import { join } from 'node:path';
import t from 'tap';
import { findExcerpt } from '../../proof/recordings/data-folder.js';
import { CommandKind } from '../../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_WORDS } from '../../schemas/layout.js';
import { askEngine } from './engine-answers.js';
import { engineFlow, FLOW_KINDS } from './engine-flows.js';
import { DepthHash, disagreement } from './flow-answers.js';
import { COST_NAMES, kindCosts, leastSquares } from './kind-costs.js';
import { playOrderBooks } from './order-books.js';

const FLOW = join(findExcerpt('flow_normal').folder, 'commands.bin.gz');
const COMMANDS = 3_000;

for (const kind of FLOW_KINDS) {
  t.test(`engine and nodejs-order-book answer the ${kind} flow alike, and not when one command differs`, async (t) => {
    const flow = await engineFlow(kind, FLOW, COMMANDS);
    t.equal(flow.commands.length, COMMANDS * COMMAND_WORDS);
    const { answers } = askEngine(flow);
    t.ok(answers.traded > 0 && answers.refused > 0);
    t.equal(disagreement(answers, playOrderBooks(flow).answers), '');
    const commands = flow.commands.slice();
    // The first command of the flow is a new order: now it cancels what is not there.
    commands[COMMAND_KIND_WORD] = CommandKind.Cancel;
    t.not(disagreement(answers, playOrderBooks({ ...flow, commands }).answers), '');
  });
}

t.test('flows of other kinds are other flows', async (t) => {
  const checksums = new Set<number>();
  for (const kind of FLOW_KINDS) checksums.add(askEngine(await engineFlow(kind, FLOW, COMMANDS)).checksum);
  t.equal(checksums.size, FLOW_KINDS.length);
});

t.test('a disagreement is named', async (t) => {
  const one = { traded: 1, refused: 2, depth: 'aa' };
  t.equal(disagreement(one, { ...one }), '');
  t.match(disagreement(one, { ...one, traded: 3 }), /^traded 1 and 3$/);
  t.match(disagreement(one, { ...one, refused: 4 }), /^refused 2 and 4$/);
  t.match(disagreement(one, { ...one, depth: 'ab' }), /^depth aa and ab$/);
});

t.test('a level more, less or elsewhere is another depth', async (t) => {
  const hashes = new Set<string>();
  for (const levels of [[], [1, 0, 5, 7], [1, 1, 5, 7], [2, 0, 5, 7], [1, 0, 7, 5]]) {
    const hash = new DepthHash();
    const [instrument, side, price, quantity] = levels;
    if (instrument !== undefined) hash.add(instrument, side ?? 0, price ?? 0, quantity ?? 0);
    hashes.add(hash.toString());
  }
  t.equal(hashes.size, 5);
});

t.test('limits, money and prevention change no answer, and are there', async (t) => {
  const plain = await engineFlow('normal', FLOW, COMMANDS);
  for (const kind of ['limits', 'all'] as const) {
    const flow = await engineFlow(kind, FLOW, COMMANDS);
    t.same(askEngine(flow).answers, askEngine(plain).answers);
    t.not(flow.venue.words.length, plain.venue.words.length);
  }
});

t.test('what fits best is found, and a column without a number of its own is nothing', (t) => {
  const rows = [
    [3, 0, 1, 0],
    [1, 0, 4, 0],
    [2, 0, 2, 0],
    [0, 0, 1, 0],
  ];
  const values = rows.map(([one = 0, , two = 0]) => 100 * one + 7 * two);
  t.same(
    leastSquares(rows, values).map((cost) => Math.round(cost * 1e6) / 1e6),
    [100, 0, 7, 0],
  );
  t.end();
});

t.test('commands of each kind cost something', async (t) => {
  const costs = kindCosts(await engineFlow('all', FLOW, COMMANDS), 2);
  for (const name of COST_NAMES) t.ok(Number.isFinite(costs[name]), `${name} ${costs[name]} ns`);
});
