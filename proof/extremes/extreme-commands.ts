/**
 * Random sequences driven to the edges of RECORDS: any field of any command at 0, 1, its largest, its smallest, with
 * another sign; order ids of other generations and of slots that there are not; every limit at its least. Any thread.
 */

import { COMMAND_FIELDS } from '../../schemas/kinds.js';
import { COMMAND_TARGET_ID, COMMAND_WORDS } from '../../schemas/layout.js';
import { Dice } from '../dice.js';
import { randomScenario } from '../model-vs-engine/random-commands.js';
import type { RandomCommand, Scenario, ScenarioLimits } from '../model-vs-engine/scenario.js';

const FIELDS = Object.values(COMMAND_FIELDS) as readonly (readonly [at: number, bytes: number])[];
const WIDE = [
  0n,
  1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 48n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
] as const;
const WORD = [0, 1, 2, -1, -2, 0x7fffffff, 0x7ffffffe, -0x80000000, -0x7fffffff, 0xffff, 0x10000] as const;
const SHORT = [0, 1, 2, 4, 8, 0x4000, 0x7fff, 0x8000, 0xffff] as const;
const BYTE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x7f, 0x80, 0xff] as const;

/** Of each limit the least that the others allow. */
const LEAST_LIMITS: readonly Partial<ScenarioLimits>[] = [
  { maxOrders: 1, maxLevels: 1, maxStops: 1, maxSpecialOrders: 1 },
  { maxOrders: 2, maxLevels: 1, maxStops: 1, maxSpecialOrders: 1 },
  { maxStops: 1 },
  { maxLevels: 1 },
  { maxInstruments: 1 },
  { maxAccounts: 1 },
  { maxKeys: 1 },
  { maxLanes: 1, maxLanesPerAccount: 1 },
  { maxLanesPerAccount: 1 },
  { maxOperations: 1, maxEventsPerCommand: 4 },
  { maxEventsPerCommand: 4 },
  { laneAnswers: 1 },
  { adminLogBytes: 64 * 33 },
  { ladderWindows: 0 },
  { ladderWindows: 1, ladderTicks: 32 },
];

/** The sequence of this seed with extremes in about every third command, and one of the limits at its least. */
export function extremeScenario(seed: number, length: number): Scenario {
  const dice = new Dice(seed ^ 0x2545f491);
  const scenario = randomScenario(seed, length);
  const limits = { ...scenario.limits, ...(LEAST_LIMITS[seed % LEAST_LIMITS.length] ?? {}) };
  // The first records make the venue: without it nothing gets past the first checks.
  const commands = scenario.commands.map((command, at) =>
    at > 8 && dice.chance(0.35) ? extreme(command, dice) : command,
  );
  return { ...scenario, limits, commands };
}

function extreme(command: RandomCommand, dice: Dice): RandomCommand {
  const words = command.words.slice();
  if (dice.chance(0.15)) {
    aimWrongly(words, dice);
    return { ...command, words, targetOf: -1 };
  }
  const view = new DataView(words.buffer);
  for (let count = dice.between(1, dice.chance(0.8) ? 2 : 6); count > 0; count--) {
    const [field, bytes] = FIELDS[dice.below(FIELDS.length)] ?? [0, 8];
    const at = dice.below(words.length / COMMAND_WORDS) * COMMAND_WORDS * 4 + field;
    if (bytes === 8) view.setBigUint64(at, dice.pick(WIDE), true);
    else if (bytes === 4) view.setInt32(at, dice.chance(0.2) ? -view.getInt32(at, true) : dice.pick(WORD), true);
    else if (bytes === 2) view.setUint16(at, dice.pick(SHORT), true);
    else view.setUint8(at, dice.chance(0.9) ? dice.pick(BYTE) : dice.below(256));
  }
  return { ...command, words };
}

/** An order id with a slot and a generation that may or may not be. */
function aimWrongly(words: Int32Array, dice: Dice): void {
  words[COMMAND_TARGET_ID] = dice.chance(0.7) ? dice.below(6) : dice.pick(WORD);
  words[COMMAND_TARGET_ID + 1] = dice.chance(0.7) ? dice.below(6) : dice.pick(WORD);
}
