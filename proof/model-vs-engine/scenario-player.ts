/**
 * Plays a random sequence on an engine alone, command by command: whoever wants its events, or its state, in between.
 * Any thread.
 */

import { Engine } from '../../engine/engine.js';
import { limitsFrom } from '../../engine/limits.js';
import { EventKind } from '../../schemas/codes.js';
import {
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_KIND_WORD,
  EVENT_ORDER_ID,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { readId, writeId } from '../model/plain-records.js';
import type { RandomCommand, Scenario } from './scenario.js';

export class ScenarioPlayer {
  readonly events: Int32Array;
  private playing: Engine;
  /** The order id that the New with this index entered. */
  private readonly entered = new Map<number, bigint>();

  constructor(private readonly scenario: Scenario) {
    this.events = new Int32Array(scenario.limits.maxEventsPerCommand * EVENT_WORDS);
    this.playing = this.freshEngine();
  }

  get engine(): Engine {
    return this.playing;
  }

  /** One of the scenario's limits that has applied nothing. */
  freshEngine(bucketSeed?: number): Engine {
    const { limits, shard, shardCount } = this.scenario;
    return new Engine(limitsFrom(limits), shard, shardCount, undefined, bucketSeed);
  }

  /** Goes on with another engine, which must be where this one is. */
  continueOn(engine: Engine): void {
    this.playing = engine;
    engine.attach(this.events);
  }

  /** Applies a record and the Parts that no head takes; `applied` hears how many events each made, from slot 0 on. */
  play(command: RandomCommand, applied: (count: number) => void): void {
    const words = command.words.slice();
    if (command.targetOf >= 0) writeId(words, COMMAND_TARGET_ID, this.entered.get(command.targetOf) ?? 0n);
    this.playing.attach(this.events);
    for (let at = 0; at < words.length; ) {
      const before = this.playing.commandSequence;
      const count = this.playing.apply(words, at, 0);
      this.note(command.index, count);
      applied(count);
      at += (this.playing.commandSequence - before) * COMMAND_WORDS;
    }
  }

  private note(index: number, count: number): void {
    if (count === 0 || this.entered.has(index)) return;
    if (((this.events[EVENT_KIND_WORD] ?? 0) & 0xff) === EventKind.Accepted) {
      this.entered.set(index, readId(this.events, EVENT_ORDER_ID));
    }
  }
}
