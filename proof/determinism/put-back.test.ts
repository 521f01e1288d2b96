/**
 * The state's arrays are taken out in the middle of a run, and in the middle of long commands, and put back into a fresh
 * engine: it goes on as if nothing had happened.
 */

import t from 'tap';
import { restoreState, saveState } from '../../engine/inspection/state-image.js';
import { EVENT_WORDS } from '../../schemas/layout.js';
import { randomScenario } from '../model-vs-engine/random-commands.js';
import { ScenarioPlayer } from '../model-vs-engine/scenario-player.js';

t.setTimeout(120_000);

const SEQUENCES = 60;

function bytesOf(player: ScenarioPlayer, count: number): string {
  return Buffer.from(player.events.buffer, 0, count * EVENT_WORDS * 4).toString('base64');
}

t.test('rule 11.2: state put back in the middle of a run, or of a long command, goes on the same', async (t) => {
  const reached = { puts: 0, inOperations: 0, withStops: 0, withOrders: 0 };
  for (let seed = 1; seed <= SEQUENCES; seed++) {
    const scenario = randomScenario(seed, 200);
    const straight = new ScenarioPlayer(scenario);
    const moved = new ScenarioPlayer(scenario);
    for (const command of scenario.commands) {
      const expected: string[] = [];
      straight.play(command, (count) => expected.push(bytesOf(straight, count)));
      const came: string[] = [];
      moved.play(command, (count) => came.push(bytesOf(moved, count)));
      if (came.join() !== expected.join() || moved.engine.stateHash() !== straight.engine.stateHash()) {
        t.fail(`seed ${seed}, command ${command.index}: the state that was put back goes on otherwise`);
        return;
      }
      const waits = moved.engine.operationsInProgress > 0;
      if (!waits && command.index % 7 !== seed % 7) continue;
      reached.puts++;
      reached.inOperations += waits ? 1 : 0;
      reached.withStops += moved.engine.state.stops.waiting > 0 ? 1 : 0;
      reached.withOrders += moved.engine.state.books.orders.live > 0 ? 1 : 0;
      const other = moved.freshEngine(seed * command.index);
      restoreState(other.state, saveState(moved.engine.state));
      other.validate();
      moved.continueOn(other);
    }
  }
  t.ok(reached.puts > 2000, JSON.stringify(reached));
  t.ok(reached.inOperations > 500);
  t.ok(reached.withStops > 500);
  t.ok(reached.withOrders > 1000);
});

t.test(
  'an image that lacks a part, or is of other limits, is refused; one with another word has another hash',
  async (t) => {
    const scenario = randomScenario(4, 200);
    const player = new ScenarioPlayer(scenario);
    for (const command of scenario.commands) player.play(command, () => undefined);
    const image = saveState(player.engine.state);
    const hash = player.engine.stateHash();
    t.ok(image.size > 30, [...image.keys()].join(' '));
    for (const name of image.keys()) {
      const lacking = new Map(image);
      lacking.delete(name);
      t.throws(() => restoreState(player.freshEngine().state, lacking), new RegExp(`no ${name}`));
    }
    t.throws(() => restoreState(player.freshEngine().state, new Map([...image, ['more', 1]])), /parts/);
    const short = new Map([...image, ['stops.words', new Int32Array(1)]]);
    t.throws(() => restoreState(player.freshEngine().state, short), /another length of stops.words/);
    const { accounts } = player.engine.state;
    const copy = player.freshEngine();
    restoreState(copy.state, image);
    t.equal(copy.stateHash(), hash);
    const changed = accounts.slice();
    changed[changed.findIndex((word) => word !== 0)] = 0;
    restoreState(copy.state, new Map([...image, ['registry.accounts', changed]]));
    t.not(copy.stateHash(), hash);
  },
);
