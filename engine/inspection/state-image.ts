/**
 * All of an engine's state as its arrays and numbers, by the path under which each is found: copies of them, and the way
 * back into a fresh engine of the same limits, for proofs; engine/snapshot writes them to files. It walks what EngineState
 * holds, so a table that is added later is in it. Any thread that holds the engine between two commands.
 */

import type { EngineState } from '../state/state.js';

export type Saved = Int32Array | Float64Array | Uint8Array | number | boolean;

/** By path, like `books.orders.words`. */
export type StateImage = ReadonlyMap<string, Saved>;

/** Not state: what an engine is made with, and where its events go. */
const OUTSIDE = ['limits', 'events'];

/** Copies of everything. */
export function saveState(state: EngineState): StateImage {
  const image = new Map<string, Saved>();
  walkState(state, (path, holder, name) => {
    const value = holder[name] as Saved;
    image.set(path, typeof value === 'object' ? value.slice() : value);
  });
  return image;
}

/** Puts it back, into the arrays that are there. Throws when the two do not have the same paths and lengths. */
export function restoreState(state: EngineState, image: StateImage): void {
  let count = 0;
  walkState(state, (path, holder, name) => {
    const saved = image.get(path);
    const present = holder[name] as Saved;
    if (saved === undefined) throw new Error(`The image has no ${path}.`);
    if (typeof saved !== 'object') holder[name] = saved;
    else if (typeof present !== 'object' || present.length !== saved.length) {
      throw new Error(`The image has another length of ${path}: its limits were others.`);
    } else present.set(saved);
    count++;
  });
  if (count !== image.size) throw new Error(`The image has ${image.size} parts, the state ${count}.`);
}

export type Holder = Record<string, unknown>;

/** Each array and number once, though some are reached by two paths; always in the same order. */
export function walkState(state: EngineState, visit: (path: string, holder: Holder, name: string) => void): void {
  const seen = new Set<unknown>();
  const look = (holder: Holder, prefix: string): void => {
    for (const name of Object.keys(holder)) {
      const value = holder[name];
      const path = prefix === '' ? name : `${prefix}.${name}`;
      if (OUTSIDE.includes(path) || value === null) continue;
      if (typeof value === 'number' || typeof value === 'boolean') visit(path, holder, name);
      else if (seen.has(value)) continue;
      else if (ArrayBuffer.isView(value)) {
        seen.add(value);
        visit(path, holder, name);
      } else if (typeof value === 'object') {
        seen.add(value);
        look(value as Holder, path);
      } else throw new Error(`${path} is neither an array nor a number: nobody knows how to save it.`);
    }
  };
  look(state as unknown as Holder, '');
}
