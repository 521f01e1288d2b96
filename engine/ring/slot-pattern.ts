/**
 * What the thread tests of the rings put into slots: each word a function of the slot's position and its own index, so
 * that a slot that is lost, doubled, out of order, torn or not yet filled shows at once. Tests only.
 */

function patternWord(position: number, word: number): number {
  return Math.imul(Math.imul(position, 0x9e3779b1) ^ (word + 1), 0x85ebca6b);
}

/** Fills `count` slots of `slotWords` words from word `at` on for the positions from `position` on. */
export function fillPattern(words: Int32Array, at: number, count: number, slotWords: number, position: number): void {
  for (let slot = 0; slot < count; slot++) {
    for (let word = 0; word < slotWords; word++) {
      words[at + slot * slotWords + word] = patternWord(position + slot, word);
    }
  }
}

/** Index of the first of `count` slots that does not hold what `fillPattern` writes there, or -1. */
export function firstWrongSlot(
  words: Int32Array,
  at: number,
  count: number,
  slotWords: number,
  position: number,
): number {
  for (let slot = 0; slot < count; slot++) {
    for (let word = 0; word < slotWords; word++) {
      if (words[at + slot * slotWords + word] !== patternWord(position + slot, word)) {
        return slot;
      }
    }
  }
  return -1;
}
