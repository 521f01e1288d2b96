/**
 * The engine against the model: random command sequences, event by event, and after every command book by book, with the
 * engine's own walk over all of its links. SEQUENCES=n plays n of them, SEED=n begins at that seed.
 */
import t from 'tap';
import type { Engine } from '../../engine/engine.js';
import { CommandKind } from '../../schemas/codes.js';
import { Model } from '../model/model.js';
import { readCommand } from '../model/plain-records.js';
import { foundCase, foundText } from './found-case.js';
import { compare } from './model-vs-engine.js';
import { randomScenario } from './random-commands.js';
import type { RandomCommand, Scenario, ScenarioLimits } from './scenario.js';
import { shrink } from './shrink.js';
import { VenueView } from './venue-view.js';

const SEQUENCES = Number(process.env.SEQUENCES ?? 1000);
const FIRST_SEED = Number(process.env.SEED ?? 1);

t.setTimeout(0);

t.test(`model and engine agree on ${SEQUENCES} random sequences from seed ${FIRST_SEED} on`, async (t) => {
  let commands = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEQUENCES; seed += 1) {
    const scenario = randomScenario(seed);
    commands += scenario.commands.length;
    const finding = compare(scenario);
    if (finding !== undefined) {
      t.fail('they differ', { found: foundText(foundCase(scenario, finding)) });
      return;
    }
  }
  t.pass(`${commands} commands`);
});

t.test('others trade while the mass cancel of an account waits, and with its orders', async (t) => {
  const reached = { ofOne: 0, booked: 0, taken: 0 };
  for (let seed = 1; seed <= 1600; seed += 1) {
    countInMassCancels(randomScenario(seed), reached);
  }
  t.ok(reached.ofOne > 30, `${reached.ofOne} mass cancels of one instrument had to wait`);
  t.ok(reached.booked > 30, `${reached.booked} orders of others came to rest while a mass cancel waited`);
  t.ok(reached.taken > 30, `${reached.taken} orders that a mass cancel of all would have come to were traded`);
});

t.test('an engine that differs in one rule is found, and the sequence that shows it is short', async (t) => {
  const rules: Partial<ScenarioLimits>[] = [
    { maxEventsPerCommand: 5 },
    { maxOrders: 8, maxLevels: 8, maxStops: 8, maxSpecialOrders: 8 },
    { maxStops: 2 },
    { maxSpecialOrders: 2 },
    { laneAnswers: 3 },
    { maxOperations: 1 },
    { maxLanes: 2, maxLanesPerAccount: 2 },
    { maxLanesPerAccount: 1 },
    { maxHoldings: 3 },
    { maxPurses: 5 },
    { maxAssets: 2 },
  ];
  for (const rule of rules) {
    let shortest = Number.POSITIVE_INFINITY;
    for (let seed = 1; seed <= 60 && shortest === Number.POSITIVE_INFINITY; seed += 1) {
      const made = randomScenario(seed, 300);
      const same = {
        maxOrders: 64,
        maxLevels: 64,
        maxStops: 64,
        maxSpecialOrders: 64,
        maxEventsPerCommand: 4,
        laneAnswers: 5,
        maxOperations: 16,
        maxHoldings: 64,
        maxPurses: 64,
        maxAssets: 8,
      };
      const scenario = { ...made, limits: { ...made.limits, ...same } };
      const engineLimits = { ...scenario.limits, ...rule };
      const fails = (commands: readonly RandomCommand[]) => compare(scenario, commands, engineLimits) !== undefined;
      if (fails(scenario.commands)) {
        shortest = shrink(scenario.commands, fails, 300).length;
      }
    }
    t.ok(shortest < 60, `${JSON.stringify(rule)} is found, and shown by ${shortest} commands`);
  }
});

t.test('a ledger that is wrong in one number is found, whatever number it is', async (t) => {
  const isAsset = ({ words }: RandomCommand) => readCommand(words, 0).kind === CommandKind.AddAsset;
  let scenario = randomScenario(1, 300);
  for (let seed = 2; !scenario.commands.some(isAsset); seed += 1) {
    scenario = randomScenario(seed, 300);
  }
  t.equal(compare(scenario), undefined);
  const spoilt = (disturb: (engine: Engine) => void): string =>
    compare(scenario, scenario.commands, scenario.limits, undefined, disturb)?.what ?? 'nothing';
  for (let word = 0; word < 5; word += 1) {
    t.not(
      spoilt(({ state }) => {
        state.holdingSums[word] = 7;
      }),
      'nothing',
      `word ${word} of a holding`,
    );
  }
  t.not(
    spoilt(({ state }) => {
      state.ledger.venue[1] = 7;
    }),
    'nothing',
    'what the venue has',
  );
});

/** Adds what happened while mass cancels waited for a Continue; `taken`, `booked`: by the New of another account. */
function countInMassCancels(scenario: Scenario, reached: { ofOne: number; booked: number; taken: number }): void {
  const { limits, shard, shardCount } = scenario;
  const model = new Model(limits, shard, shardCount);
  const view = new VenueView(model, shard);
  const leaving = new Set<number>();
  for (const { words, targetOf, index } of scenario.commands) {
    const { kind, instrument, account } = readCommand(words, 0);
    const before = model.operationsInProgress;
    const live = new Set(view.live);
    view.play(words, targetOf, index);
    if (model.operationsInProgress === 0) {
      leaving.clear();
    } else if (kind === CommandKind.MassCancel && model.operationsInProgress > before) {
      leaving.add(account);
      reached.ofOne += instrument === 0 ? 0 : 1;
    } else if (kind === CommandKind.New && leaving.size > 0 && !leaving.has(account)) {
      const gone = [...live].filter((id) => !view.live.has(id));
      reached.taken += gone.filter((id) => leaving.has(view.entered.get(id)?.account ?? 0)).length;
      reached.booked += [...view.live].filter((id) => !live.has(id)).length;
    }
  }
}
