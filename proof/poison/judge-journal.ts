/**
 * A whole journal of a shard judged by the naive model: an engine and the model play its commands, and each event that is in
 * the journal must be both of theirs. Any thread; the journal is at rest.
 */

import { Engine } from '../../engine/engine.js';
import { RealDisk } from '../../engine/journal/disk.js';
import { JournalReader } from '../../engine/journal/reader.js';
import type { Limits } from '../../engine/limits.js';
import { COMMAND_WORDS, EVENT_WORDS } from '../../schemas/layout.js';
import { Truth, Violation } from '../simulator/truth.js';

/** The engine behind it. Throws a Violation at the first difference. */
export function judgeJournal(directory: string, limits: Limits, shard: number, shardCount: number): Engine {
  const engine = new Engine(limits, shard, shardCount);
  const truth = new Truth({ limits, shard, shardCount });
  const made = new Int32Array(limits.maxEventsPerCommand * EVENT_WORDS);
  engine.attach(made);
  const reader = new JournalReader(new RealDisk(), directory, { shard, shardCount });
  reader.seekStart();
  for (let group = reader.next(Infinity); group !== null; group = reader.next(Infinity)) {
    const { commands, events } = group;
    let eventAt = 0;
    for (let at = 0; at < commands.length; ) {
      const sequence = engine.commandSequence;
      const words = engine.apply(commands, at, 0) * EVENT_WORDS;
      const records = engine.commandSequence - sequence;
      const journaled = events.slice(eventAt, eventAt + words);
      if (journaled.some((word, index) => word !== made[index])) {
        throw new Violation(`command ${sequence + records} makes other events than are in the journal`);
      }
      const command = commands.slice(at, at + records * COMMAND_WORDS);
      truth.add({ words: command, lastSequence: engine.commandSequence, events: journaled });
      eventAt += words;
      at += records * COMMAND_WORDS;
    }
  }
  reader.close();
  truth.compare(engine);
  return engine;
}
