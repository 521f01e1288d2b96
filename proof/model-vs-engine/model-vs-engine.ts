/**
 * Plays a scenario into the model and into the engine, and says where they differ first: an event, a field, a book, a
 * counter, a broken link. Any thread.
 */

import { Engine } from '../../engine/engine.js';
import { type Limits, limitsFrom } from '../../engine/limits.js';
import { COMMAND_TARGET_ID, COMMAND_WORDS, EVENT_WORDS } from '../../schemas/layout.js';
import { readId, writeId } from '../model/plain-records.js';
import { Judge, namesOrderId } from './judge.js';
import type { RandomCommand, Scenario, ScenarioLimits } from './scenario.js';

/** The first difference. */
export interface Finding {
  /** Position in the scenario's commands as they were played. */
  readonly at: number;
  readonly what: string;
}

/** Makes the engine that is compared; a test plants faults in one. */
export type EngineOf = (limits: Limits, shard: number, shardCount: number) => Engine;
const theEngine: EngineOf = (limits, shard, shardCount) => new Engine(limits, shard, shardCount);

/** Where a command's events go, in events: a ring has others before them. */
const EVENTS_AT = 3;

class Match {
  private readonly judge: Judge;
  private readonly engine: Engine;
  private readonly events: Int32Array;
  /** The model's id of the order that the New with this index entered. */
  private readonly entered = new Map<number, bigint>();

  constructor(scenario: Scenario, engineLimits: ScenarioLimits, engineOf: EngineOf) {
    const { shard, shardCount } = scenario;
    this.judge = new Judge(scenario);
    this.engine = engineOf(limitsFrom(engineLimits), shard, shardCount);
    this.events = new Int32Array((EVENTS_AT + engineLimits.maxEventsPerCommand) * EVENT_WORDS);
    this.engine.attach(this.events);
  }

  /** Plays the record and whatever is left of its Parts; empty when all was equal. */
  play(command: RandomCommand, disturb: (engine: Engine) => void): string {
    const { model, names } = this.judge;
    const modelWords = command.words.slice();
    const engineWords = command.words.slice();
    if (namesOrderId(command.words)) {
      // What the words say themselves is taken for an id of the engine, so that a chance hit is one for both.
      const raw = names.modelId(readId(command.words, COMMAND_TARGET_ID));
      const target = command.targetOf >= 0 ? (this.entered.get(command.targetOf) ?? 0n) : raw;
      writeId(modelWords, COMMAND_TARGET_ID, target);
      if (command.targetOf >= 0) {
        writeId(engineWords, COMMAND_TARGET_ID, names.engineId(target));
      }
    }
    let at = 0;
    while (at < modelWords.length) {
      const before = model.commandSequence;
      const expected = model.apply(modelWords, at);
      const count = this.engine.apply(engineWords, at, EVENTS_AT);
      disturb(this.engine);
      const accepted = expected.find((event) => event.orderId !== 0n);
      if (at === 0 && accepted !== undefined && !this.entered.has(command.index)) {
        this.entered.set(command.index, accepted.orderId);
      }
      const difference =
        this.judge.compareEvents(expected, this.events, EVENTS_AT, count) || this.judge.compareStates(this.engine);
      if (difference !== '') {
        return difference;
      }
      at += (model.commandSequence - before) * COMMAND_WORDS;
    }
    return '';
  }
}

/**
 * Plays the scenario; undefined when model and engine agree in everything. Fewer commands are for shrinking; other limits
 * for the engine than for the model, another engine, and whatever disturbs it behind each command, are for showing that a
 * difference is found.
 */
export function compare(
  scenario: Scenario,
  commands: readonly RandomCommand[] = scenario.commands,
  engineLimits: ScenarioLimits = scenario.limits,
  engineOf: EngineOf = theEngine,
  disturb: (engine: Engine) => void = () => undefined,
): Finding | undefined {
  const match = new Match(scenario, engineLimits, engineOf);
  for (const [at, command] of commands.entries()) {
    let what: string;
    try {
      what = match.play(command, disturb);
    } catch (error) {
      what = `thrown: ${error instanceof Error ? error.stack : String(error)}`;
    }
    if (what !== '') {
      return { at, what };
    }
  }
  return undefined;
}
