/**
 * Makes a failing sequence short: takes pieces out of it, large ones first, as long as what is left still fails.
 * Any thread.
 */

/** The shortest sequence found for which `fails` holds; it must hold for the whole one. At most `tries` attempts. */
export function shrink<T>(sequence: readonly T[], fails: (candidate: readonly T[]) => boolean, tries = 4000): T[] {
  let shortest = [...sequence];
  let size = Math.ceil(shortest.length / 2);
  let left = tries;
  while (left > 0) {
    let shrunk = false;
    for (let from = shortest.length - size; from > -size && left > 0; from -= size) {
      const candidate = [...shortest.slice(0, Math.max(0, from)), ...shortest.slice(from + size)];
      left -= 1;
      if (candidate.length < shortest.length && fails(candidate)) {
        shortest = candidate;
        shrunk = true;
      }
    }
    if (size === 1 && !shrunk) {
      return shortest;
    }
    if (!shrunk || size > shortest.length) {
      size = Math.max(1, Math.floor(size / 2));
    }
  }
  return shortest;
}
