/** What the platform and its parent tell each other. Main threads of both. */

/** Environment of the platform: how often its parent has started it again. No setting: nobody else sets it. */
export const RESTARTS_VARIABLE = 'TREDYE_RESTARTS';

/** Platform to parent, once it serves. */
export interface ServingMessage {
  readonly port: number;
}

/** Tells the parent, where there is one. */
export function tellServing(message: ServingMessage): void {
  // One that has just died is told nothing; `onParentGone` sees it.
  process.send?.(message, undefined, undefined, () => undefined);
}

/** Calls back once when the parent has gone; never where there is none. */
export function onParentGone(gone: () => void): void {
  if (process.connected) process.once('disconnect', gone);
}

/** 0 without a parent. */
export function restartsSoFar(environment: NodeJS.ProcessEnv): number {
  return Number(environment[RESTARTS_VARIABLE] ?? 0);
}
