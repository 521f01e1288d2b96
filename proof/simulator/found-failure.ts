/**
 * What a simulation that failed says of itself: the seed, and the shortest plan found that fails as well. Any thread.
 */

import { shrink } from '../model-vs-engine/shrink.js';
import type { Plan } from './plan.js';
import type { PlantedBug } from './planted-bugs.js';
import { simulate } from './simulation.js';

const TRIES = 400;

export interface Failure {
  readonly seed: number;
  readonly steps: number;
  readonly message: string;
  readonly shortest: Plan;
}

/** The message of what the plan throws; '' when it holds. */
export function failureOf(plan: Plan, bug: PlantedBug | null = null): string {
  try {
    simulate(plan, bug);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `message`: what the whole plan threw. */
export function shortenFailure(plan: Plan, message: string, bug: PlantedBug | null = null): Failure {
  const actions = shrink(plan.actions, (candidate) => failureOf({ ...plan, actions: candidate }, bug) !== '', TRIES);
  return { seed: plan.seed, steps: plan.actions.length, message, shortest: { ...plan, actions } };
}

/** For people: how to repeat it, then one action a line. */
export function describeFailure({ seed, steps, message, shortest }: Failure): string {
  return [
    `seed ${seed} fails: ${message}`,
    `again: make simulate SEED=${seed} STEPS=${steps}`,
    `${shortest.actions.length} of its ${steps} steps are enough, which end with: ${failureOf(shortest)}`,
    ...shortest.actions.map((action) => `  ${JSON.stringify(action)}`),
  ].join('\n');
}
