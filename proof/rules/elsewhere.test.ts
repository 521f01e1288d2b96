/** What went wrong in other engines and is too large, or too far from orders, for a table (12-elsewhere.rules). */

import t from 'tap';
import { Engine } from '../../engine/engine.js';
import { restoreState, saveState } from '../../engine/inspection/state-image.js';
import { limitsFrom } from '../../engine/limits.js';
import { commandWords, GTC, MadeEngine } from '../../engine/made-engine.js';
import { ANY_SHARD, encodeAccountTerms, encodeInstrumentTerms } from '../../schemas/admin.js';
import { CommandKind, EventKind, Phase } from '../../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_WORDS, EVENT_KIND_WORD, EVENT_WORDS } from '../../schemas/layout.js';

t.setTimeout(300_000);

t.test('rule 2.4: elsewhere, a restore lost the priority of what rested', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 8 });
  // By price the second is last; the first has lost its place, the fourth has kept it.
  made.sell(1, 100, { counter: 1 });
  made.sell(2, 101, { counter: 2 });
  made.sell(3, 100, { counter: 3 });
  made.sell(6, 100, { counter: 4 });
  made.send(CommandKind.Replace, { account: 2, counter: 5, targetCounter: 1, price: 100, quantity: 7 });
  made.send(CommandKind.Replace, { account: 2, counter: 6, targetCounter: 4, price: 100, quantity: 4 });
  const restored = new Engine(made.engine.state.limits, 0, 1, undefined, 99);
  restored.attach(new Int32Array(made.events.length));
  restoreState(restored.state, saveState(made.engine.state));
  const takes = [3, 4, 7, 2];
  for (const engine of [restored, made.engine]) {
    const taken: number[] = [];
    for (const [index, quantity] of takes.entries()) {
      engine.apply(commandWords(CommandKind.New, { quantity, price: 101, timeInForce: GTC }, index + 1), 0, 1);
      const at = 2 * EVENT_WORDS;
      const kind = (engine.state.events[at + EVENT_KIND_WORD] ?? 0) & 0xff;
      taken.push(kind === EventKind.Fill ? (engine.state.events[at + 8] ?? 0) : -1);
    }
    t.same(taken, [3, 6, 5, 2], 'by the ids of the makers');
  }
});

t.test('rule 10.1: elsewhere, an uncross of a million orders jammed the ring', async (t) => {
  const orders = 1_000_000;
  const limits = limitsFrom({ maxOrders: orders + 10, maxLevels: 16, maxStops: 1, maxLanes: 4, laneAnswers: 4 });
  const engine = new Engine(limits, 0, 1);
  const events = new Int32Array(limits.maxEventsPerCommand * EVENT_WORDS);
  engine.attach(events);
  const apply = (words: Int32Array): number => engine.apply(words, 0, 0);
  const kindOf = (at: number): number => (events[at * EVENT_WORDS + EVENT_KIND_WORD] ?? 0) & 0xff;
  const admin = (kind: CommandKind, parts: Int32Array): void => {
    const head = commandWords(kind, { session: 0, lane: 0, instrument: 0, account: 0 }, 0);
    apply(Int32Array.from([...head, ...parts]));
  };
  for (const name of ['buys', 'sells']) admin(CommandKind.AddAccount, encodeAccountTerms({ name }));
  for (const symbol of ['LARGE', 'OTHER']) {
    const terms = { priceMin: 1, priceMax: 1000, quantityMax: 1000, unit: 1, referencePrice: null };
    const parts = encodeInstrumentTerms({ symbol, shard: ANY_SHARD, priceDecimals: 0, quantityDecimals: 0, ...terms });
    admin(CommandKind.AddInstrument, parts);
  }
  for (const account of [1, 2]) apply(commandWords(CommandKind.SessionOpen, { account, instrument: 0 }, 0));
  apply(commandWords(CommandKind.SetPhase, { type: Phase.Auction, instrument: 1 }, 0));
  apply(commandWords(CommandKind.SetPhase, { type: Phase.Continuous, instrument: 2 }, 0));
  let taken = 0;
  for (let order = 0; order < orders; order++) {
    const account = 1 + (order & 1);
    const said = { account, side: account - 1, quantity: 1, price: account === 1 ? 105 : 95, timeInForce: GTC };
    apply(commandWords(CommandKind.New, said, 0));
    taken += kindOf(0) === EventKind.Accepted ? 1 : 0;
  }
  t.equal(taken, orders, 'all rest');

  const goOn = new Int32Array(COMMAND_WORDS);
  goOn[COMMAND_KIND_WORD] = CommandKind.Continue;
  const reached = { steps: 0, fills: 0, most: 0, others: 0 };
  let next = commandWords(CommandKind.Uncross, { instrument: 1 }, 0);
  do {
    const count = apply(next);
    reached.steps++;
    reached.most = Math.max(reached.most, count);
    for (let at = 0; at < count; at++) reached.fills += kindOf(at) === EventKind.Fill ? 1 : 0;
    // Another instrument trades between any two steps.
    const said = { instrument: 2, price: 100, quantity: 1, timeInForce: GTC };
    apply(commandWords(CommandKind.New, { ...said, account: 2, side: 1 }, 0));
    apply(commandWords(CommandKind.New, { ...said, account: 1, side: 0 }, 0));
    reached.others += kindOf(1) === EventKind.Fill ? 1 : 0;
    next = goOn;
  } while (engine.operationsInProgress > 0 && reached.steps < orders);
  engine.validate();
  t.equal(reached.fills, orders, JSON.stringify(reached));
  t.equal(reached.others, reached.steps);
  t.ok(reached.most <= limits.maxEventsPerCommand, 'no step is larger than the room that was looked for');
  t.ok(reached.steps < orders / (limits.maxEventsPerCommand - 2) + 2, 'each step does what it may');
});
