/**
 * A long random script of client commands for the tests of determinism: the same seed gives the same
 * commands, in any thread.
 */
import { crc32 } from 'node:zlib';
import type { Limits } from '../engine/limits.js';
import { commandWords, MadeEngine } from '../engine/matching/made-engine.js';
import { CommandKind, Phase } from '../schemas/codes.js';
import { EVENT_WORDS } from '../schemas/layout.js';

const STEPS = 3000;

export interface Played {
  readonly hash: string;
  /** CRC-32 of all events. */
  readonly events: number;
}

/** `without`: leaves that step out, so that one difference can be planted. */
export function playScript(task: {
  seed: number;
  limits: Partial<Limits>;
  without?: number;
  bucketSeed?: number;
}): Played {
  const made = new MadeEngine({ maxEventsPerCommand: 16, ...task.limits }, Phase.Continuous, 2, 1, task.bucketSeed);
  let state = task.seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 10) % below;
  };
  let events = 0;
  for (let step = 1; step <= STEPS; step++) {
    const words = wordsOf(step, random);
    if (step === task.without) continue;
    const count = made.engine.apply(words, 0, 0);
    events = crc32(new Uint8Array(made.events.buffer, 0, count * EVENT_WORDS * 4), events);
  }
  made.engine.validate();
  return { hash: made.engine.stateHash(), events };
}

function wordsOf(step: number, random: (below: number) => number): Int32Array {
  const account = 1 + random(2);
  const said = { account, instrument: 1 + random(2) };
  const what = random(100);
  if (what < 60) {
    const order = { price: 90 + random(20), quantity: 1 + random(50), side: random(2), timeInForce: random(4) };
    return commandWords(CommandKind.New, { ...said, ...order }, step);
  }
  const targetCounter = 1 + random(step);
  if (what < 80) return commandWords(CommandKind.Cancel, { ...said, targetCounter }, step);
  if (what < 92) {
    const kind = random(2) === 0 ? CommandKind.Replace : CommandKind.CancelReplace;
    return commandWords(kind, { ...said, targetCounter, price: 90 + random(20), quantity: 1 + random(50) }, step);
  }
  if (what < 94) return commandWords(CommandKind.MassCancel, { ...said, instrument: random(3) }, step);
  return commandWords(CommandKind.Continue, { account: 0, lane: 0, session: 0, instrument: 0 }, 0);
}
