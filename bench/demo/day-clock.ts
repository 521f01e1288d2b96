/**
 * When each command of a recorded day is due: so many times as fast as it happened, pauses cut short, so that nobody
 * watches a lunch break. Any thread; a pure function of the plan.
 */

import type { DayPlan } from '../../proof/recordings/day-plan.js';

/** Longer waits of the playing clock are cut to this. */
const LONGEST_PAUSE_MS = 2_000;

/** Milliseconds from the start at which each command is due, ascending. speed: above 0. */
export function dueTimes(plan: DayPlan, speed: number): Float64Array {
  const due = new Float64Array(plan.length);
  for (let index = 1; index < plan.length; index++) {
    const passed = Math.max(0, plan.timeAt(index) - plan.timeAt(index - 1)) / speed;
    due[index] = (due[index - 1] ?? 0) + Math.min(passed, LONGEST_PAUSE_MS);
  }
  return due;
}

/** HH:MM:SS of milliseconds since midnight. */
export function timeOfDay(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const fields = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return fields.map((field) => String(field).padStart(2, '0')).join(':');
}
