/**
 * No input reaches an assert: commands at the edges of what their fields can hold, in venues whose limits are at their least,
 * on an engine whose numbers are about to pass 2^31 and 2^32. It walks through all it holds after every command. EXTREMES=n
 * plays n sequences of each kind, SEED=n begins at that seed.
 */

import t from 'tap';
import { ORDER_GENERATION, ORDER_SHIFT } from '../../engine/book/order-words.js';
import { Engine } from '../../engine/engine.js';
import { ACCOUNT_SEQUENCE, ACCOUNT_SHIFT } from '../../engine/registry-words.js';
import { CommandKind, EventKind } from '../../schemas/codes.js';
import { checkEventShape } from '../../schemas/kinds.js';
import {
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_COMMAND_SEQUENCE,
  EVENT_KIND_WORD,
  EVENT_RELATED_ID,
  EVENT_SEQUENCE,
  EVENT_WORDS,
  joinWords,
} from '../../schemas/layout.js';
import { foundCase, foundText } from '../model-vs-engine/found-case.js';
import { compare, type EngineOf } from '../model-vs-engine/model-vs-engine.js';
import type { Scenario } from '../model-vs-engine/scenario.js';
import { ScenarioPlayer } from '../model-vs-engine/scenario-player.js';
import { extremeScenario } from './extreme-commands.js';

t.setTimeout(300_000);

const SEQUENCES = Number(process.env.EXTREMES ?? 300);
const FIRST_SEED = Number(process.env.SEED ?? 1);
const LENGTH = 120;

t.test(`model and engine agree on ${SEQUENCES} extreme sequences from seed ${FIRST_SEED} on`, async (t) => {
  let commands = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEQUENCES; seed++) {
    const scenario = extremeScenario(seed, LENGTH);
    commands += scenario.commands.length;
    const finding = compare(scenario);
    if (finding !== undefined) {
      t.fail('they differ', { found: foundText(foundCase(scenario, finding)) });
      return;
    }
  }
  t.pass(`${commands} commands`);
});

/** What all events say but for the numbers that an engine counts; an empty sentence when all was as it must be. */
function eventsOf(
  scenario: Scenario,
  begin: (engine: Engine) => void,
  from: number,
): { said: string[]; wrong: string } {
  const player = new ScenarioPlayer(scenario);
  begin(player.engine);
  const said: string[] = [];
  let sequence = from;
  let wrong = '';
  for (const command of scenario.commands) {
    // Which trades may be changed depends on the numbers that were given.
    if ([CommandKind.Bust, CommandKind.Correction].includes((command.words[COMMAND_KIND_WORD] ?? 0) & 0xff)) continue;
    player.play(command, (count) => {
      const { events, engine } = player;
      engine.validate();
      for (let at = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) {
        sequence++;
        const came = joinWords(events[at + EVENT_SEQUENCE] ?? 0, events[at + EVENT_SEQUENCE + 1] ?? 0);
        const shape = checkEventShape(events, at);
        if (came !== sequence || shape !== 0)
          wrong ||= `${command.index}: event ${came}, not ${sequence}; shape ${shape}`;
        const words = events.slice(at, at + EVENT_WORDS);
        words.fill(0, EVENT_SEQUENCE, EVENT_COMMAND_SEQUENCE + 2);
        words[EVENT_ACCOUNT_SEQUENCE] = 0;
        // A trade id is a sequence.
        if (((words[EVENT_KIND_WORD] ?? 0) & 0xff) === EventKind.Fill)
          words.fill(0, EVENT_RELATED_ID, EVENT_RELATED_ID + 2);
        said.push(words.join());
      }
    });
  }
  // Parts may be what passes 2^32: they are counted, and say nothing.
  said.push(`${player.engine.commandSequence - from} commands`);
  return { said, wrong };
}

for (const from of [2 ** 31 - 60, 2 ** 32 - 60, 2 ** 52]) {
  t.test(`an engine whose numbers begin at ${from} says the same`, async (t) => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEQUENCES / 5; seed++) {
      const scenario = extremeScenario(seed, LENGTH);
      const plain = eventsOf(scenario, () => undefined, 0);
      const late = eventsOf(
        scenario,
        (engine) => {
          engine.beginAfter(from, from);
          for (let at = ACCOUNT_SEQUENCE; at < engine.state.accounts.length; at += 1 << ACCOUNT_SHIFT) {
            engine.state.accounts[at] = from | 0;
          }
        },
        from,
      );
      const same = late.wrong === '' && plain.wrong === '' && late.said.join(';') === plain.said.join(';');
      if (!same) return t.fail(`seed ${seed}: ${late.wrong}${plain.wrong}`);
    }
    return t.pass('the same');
  });
}

t.test('order ids near their last generation: slots are retired, and nothing else goes wrong', async (t) => {
  let retired = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEQUENCES; seed++) {
    const scenario = extremeScenario(seed, LENGTH);
    const player = new ScenarioPlayer(scenario);
    const { words } = player.engine.state.books.orders;
    for (let at = ORDER_GENERATION; at < words.length; at += 1 << ORDER_SHIFT) words[at] = -3;
    for (const command of scenario.commands) player.play(command, () => player.engine.validate());
    retired += player.engine.state.books.orders.retired;
  }
  t.ok(retired > SEQUENCES / 2, `${retired} slots`);
});

t.test('an engine that asserts at an extreme is found', async (t) => {
  class Asserting extends Engine {
    override apply(commands: Int32Array, from: number, eventAt: number, endAt?: number): number {
      const kind = (commands[from + COMMAND_KIND_WORD] ?? 0) & 0xff;
      if (kind === CommandKind.Replace && commands[from + COMMAND_QUANTITY] === -1) throw new Error('assert: planted');
      return super.apply(commands, from, eventAt, endAt);
    }
  }
  const engineOf: EngineOf = (limits, shard, shardCount) => new Asserting(limits, shard, shardCount);
  let found = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const scenario = extremeScenario(seed, LENGTH);
    const finding = compare(scenario, scenario.commands, scenario.limits, engineOf);
    if (finding !== undefined) {
      t.match(finding.what, /assert: planted/);
      found++;
    }
  }
  t.ok(found > 0, `in ${found} of 60 sequences`);
});
