/**
 * The markets that the engine is measured on, all made of one flow file: as it is; with limits of both accounts, and with
 * money, fees and prevention of self-trades besides, all so high that nothing acts; spread over a thousand instruments; and a
 * market that jumps. Any thread, before the clock.
 */

import { type FlowPlan, planFlow } from '../../proof/recordings/flow-plan.js';
import { ALL_CONTROLS, control, type Venue, type VenueControls, venueFor } from '../../proof/recordings/venue.js';
import { CommandKind, Phase } from '../../schemas/codes.js';
import { COMMAND_INSTRUMENT, COMMAND_KIND_WORD, COMMAND_PRICE, COMMAND_WORDS } from '../../schemas/layout.js';
import { prepareCommands } from '../flow/flow.js';

export type FlowKind = (typeof FLOW_KINDS)[number];
export const FLOW_KINDS = ['normal', 'limits', 'all', 'spread', 'jumping'] as const;

const SPREAD_INSTRUMENTS = 1_000;
/** The market is this many ticks higher in every other block of so many commands. */
const JUMP_TICKS = 2 ** 30;
const JUMP_EVERY = 1_000;

/** Kinds that answer the flow as it is answered without them: their report lines are the agreed ones. */
export const CONTROLS: Partial<Record<FlowKind, VenueControls>> = {
  normal: {},
  limits: { limits: true },
  all: ALL_CONTROLS,
};

export interface EngineFlow {
  readonly plan: FlowPlan;
  readonly venue: Venue;
  readonly commands: Int32Array;
  readonly instruments: number;
}

/** The first `most` commands of the file as the kind has them. */
export async function engineFlow(kind: FlowKind, path: string, most: number): Promise<EngineFlow> {
  const plan = await planFlow(path);
  const instruments = kind === 'spread' ? SPREAD_INSTRUMENTS : 1;
  const { needs } = plan;
  const priceMax = kind === 'jumping' ? needs.priceMax + JUMP_TICKS : needs.priceMax;
  const controls = CONTROLS[kind];
  const venue = venueFor({ ...needs, priceMax }, 2, Phase.Continuous, instruments, controls);
  const commands = prepareCommands(plan, venue).slice(0, Math.min(plan.length, most) * COMMAND_WORDS);
  for (let index = 0; index < commands.length / COMMAND_WORDS; index += 1) {
    const at = index * COMMAND_WORDS;
    if (controls !== undefined) control(commands, at, index, controls);
    if (kind === 'spread') commands[at + COMMAND_INSTRUMENT] = 1 + (plan.orderId(index + 1) % SPREAD_INSTRUMENTS);
    const isCancel = ((commands[at + COMMAND_KIND_WORD] ?? 0) & 0xff) === CommandKind.Cancel;
    if (kind === 'jumping' && !isCancel && Math.floor(index / JUMP_EVERY) % 2 === 1) {
      commands[at + COMMAND_PRICE] = (commands[at + COMMAND_PRICE] ?? 0) + JUMP_TICKS;
    }
  }
  return { plan, venue, commands, instruments };
}
