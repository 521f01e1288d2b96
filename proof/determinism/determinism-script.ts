/**
 * A long random script of client commands for the tests of determinism: the same seed gives the same
 * commands, in any thread.
 */
import { crc32 } from 'node:zlib';
import type { Limits } from '../../engine/limits.js';
import { commandWords, MadeEngine } from '../../engine/made-engine.js';
import { CommandKind, Phase } from '../../schemas/codes.js';
import { EVENT_WORDS } from '../../schemas/layout.js';
import { Dice } from '../dice.js';
import { randomScenario } from '../model-vs-engine/random-commands.js';
import { ScenarioPlayer } from '../model-vs-engine/scenario-player.js';

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
  const dice = new Dice(task.seed);
  let events = 0;
  for (let step = 1; step <= STEPS; step++) {
    const words = wordsOf(step, dice);
    if (step === task.without) continue;
    const count = made.engine.apply(words, 0, 0);
    events = crc32(new Uint8Array(made.events.buffer, 0, count * EVENT_WORDS * 4), events);
  }
  made.engine.validate();
  return { hash: made.engine.stateHash(), events };
}

/** What another thread or process is asked to play. */
export interface PeerTask {
  readonly seed: number;
  /** Random sequences of all kinds of commands besides. */
  readonly sequences: number;
}

/** A client's script and random sequences: the CRC-32 of all their events, and of the state's hashes after each command. */
export function playTask(task: PeerTask): Played {
  const script = playScript({ seed: task.seed, limits: {} });
  let { events } = script;
  let hashes = crc32(script.hash);
  for (let seed = task.seed; seed < task.seed + task.sequences; seed++) {
    const scenario = randomScenario(seed);
    const player = new ScenarioPlayer(scenario);
    for (const command of scenario.commands) {
      player.play(command, (count) => {
        events = crc32(new Uint8Array(player.events.buffer, 0, count * EVENT_WORDS * 4), events);
      });
      hashes = crc32(player.engine.stateHash(), hashes);
    }
  }
  return { hash: `${script.hash}${(hashes >>> 0).toString(16)}`, events };
}

function wordsOf(step: number, dice: Dice): Int32Array {
  const account = 1 + dice.below(2);
  const said = { account, instrument: 1 + dice.below(2) };
  const what = dice.below(100);
  if (what < 60) {
    const order = {
      price: 90 + dice.below(20),
      quantity: 1 + dice.below(50),
      side: dice.below(2),
      timeInForce: dice.below(4),
    };
    return commandWords(CommandKind.New, { ...said, ...order }, step);
  }
  const targetCounter = 1 + dice.below(step);
  if (what < 80) return commandWords(CommandKind.Cancel, { ...said, targetCounter }, step);
  if (what < 92) {
    const kind = dice.below(2) === 0 ? CommandKind.Replace : CommandKind.CancelReplace;
    return commandWords(
      kind,
      { ...said, targetCounter, price: 90 + dice.below(20), quantity: 1 + dice.below(50) },
      step,
    );
  }
  if (what < 94) return commandWords(CommandKind.MassCancel, { ...said, instrument: dice.below(3) }, step);
  return commandWords(CommandKind.Continue, { account: 0, lane: 0, session: 0, instrument: 0 }, 0);
}
