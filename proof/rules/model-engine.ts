/**
 * The model in the engine's place, for whoever plays lines on both: it writes the words that an engine would write. Any
 * thread.
 */

import type { Limits } from '../../engine/limits.js';
import type { MatchEngine } from '../../platform/cli/match/match-engine.js';
import { EVENT_WORDS } from '../../schemas/layout.js';
import { Model, type PlainHolding, type PlainPurse } from '../model/model.js';
import { writeEvent } from '../model/plain-records.js';

export class ModelEngine implements MatchEngine {
  private readonly model: Model;
  private events: Int32Array = new Int32Array(0);

  constructor(limits: Limits, shard = 0, shards = 1) {
    this.model = new Model(limits, shard, shards);
  }

  get commandSequence(): number {
    return this.model.commandSequence;
  }

  get operationsInProgress(): number {
    return this.model.operationsInProgress;
  }

  get nextDueUs(): number {
    return this.model.nextDueUs;
  }

  attach(events: Int32Array): void {
    this.events = events;
  }

  apply(commands: Int32Array, at: number, eventAt: number): number {
    const made = this.model.apply(commands, at);
    this.model.checkMoney();
    for (const [index, event] of made.entries()) writeEvent(event, this.events, (eventAt + index) * EVENT_WORDS);
    return made.length;
  }

  readLevels(instrument: number, side: number, depth: number, target: Float64Array, to: number): number {
    const levels = this.model.levels(instrument, side === 0 ? 'buys' : 'sells', depth);
    for (const [index, { price, quantity, orders }] of levels.entries()) {
      target.set([price, quantity, orders], to + index * 3);
    }
    return levels.length;
  }

  readPhase(instrument: number): number {
    return this.model.phase(instrument);
  }

  readPurse(account: number, asset: number): PlainPurse | null {
    return this.model.readPurse(account, asset);
  }

  readHolding(account: number, instrument: number): PlainHolding | null {
    return this.model.readHolding(account, instrument);
  }
}
