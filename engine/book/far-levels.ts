/**
 * The levels of one side that lie outside of its window, better or worse: a balanced tree (AVL) over the level
 * records themselves, so it needs no memory of its own. Every operation is O(log levels).
 * The shard's thread. Functions over the words of the level pool; each returns the new root, -1 for an empty tree.
 */

import * as levelWords from './level-words.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { LEVEL_HEIGHT, LEVEL_KEY, LEVEL_LEFT, LEVEL_PARENT, LEVEL_RIGHT, LEVEL_SHIFT, LEVEL_MASK } = levelWords;

function heightOf(words: Int32Array, level: number): number {
  return level < 0 ? 0 : (words[((level & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_HEIGHT] as number);
}

function updateHeight(words: Int32Array, level: number): void {
  const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
  const left = heightOf(words, words[at + LEVEL_LEFT] as number);
  const right = heightOf(words, words[at + LEVEL_RIGHT] as number);
  words[at + LEVEL_HEIGHT] = (left > right ? left : right) + 1;
}

/** Puts `child` where `old` hangs below `parent`; returns the root. */
function replaceChild(words: Int32Array, root: number, parent: number, old: number, child: number): number {
  if (child >= 0) words[((child & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_PARENT] = parent;
  if (parent < 0) return child;
  const at = (parent & LEVEL_MASK) << LEVEL_SHIFT;
  if (words[at + LEVEL_LEFT] === old) words[at + LEVEL_LEFT] = child;
  else words[at + LEVEL_RIGHT] = child;
  return root;
}

function rotateLeft(words: Int32Array, root: number, level: number): number {
  const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
  const up = words[at + LEVEL_RIGHT] as number;
  const upAt = (up & LEVEL_MASK) << LEVEL_SHIFT;
  const moved = words[upAt + LEVEL_LEFT] as number;
  const newRoot = replaceChild(words, root, words[at + LEVEL_PARENT] as number, level, up);
  words[at + LEVEL_RIGHT] = moved;
  if (moved >= 0) words[((moved & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_PARENT] = level;
  words[upAt + LEVEL_LEFT] = level;
  words[at + LEVEL_PARENT] = up;
  updateHeight(words, level);
  updateHeight(words, up);
  return newRoot;
}

function rotateRight(words: Int32Array, root: number, level: number): number {
  const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
  const up = words[at + LEVEL_LEFT] as number;
  const upAt = (up & LEVEL_MASK) << LEVEL_SHIFT;
  const moved = words[upAt + LEVEL_RIGHT] as number;
  const newRoot = replaceChild(words, root, words[at + LEVEL_PARENT] as number, level, up);
  words[at + LEVEL_LEFT] = moved;
  if (moved >= 0) words[((moved & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_PARENT] = level;
  words[upAt + LEVEL_RIGHT] = level;
  words[at + LEVEL_PARENT] = up;
  updateHeight(words, level);
  updateHeight(words, up);
  return newRoot;
}

/** Restores the balance from `level` up to the root. */
function rebalance(words: Int32Array, root: number, from: number): number {
  let level = from;
  while (level >= 0) {
    const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
    const left = words[at + LEVEL_LEFT] as number;
    const right = words[at + LEVEL_RIGHT] as number;
    const balance = heightOf(words, left) - heightOf(words, right);
    if (balance > 1) {
      const leftAt = (left & LEVEL_MASK) << LEVEL_SHIFT;
      const inner = words[leftAt + LEVEL_RIGHT] as number;
      if (heightOf(words, inner) > heightOf(words, words[leftAt + LEVEL_LEFT] as number)) {
        root = rotateLeft(words, root, left);
      }
      root = rotateRight(words, root, level);
    } else if (balance < -1) {
      const rightAt = (right & LEVEL_MASK) << LEVEL_SHIFT;
      const inner = words[rightAt + LEVEL_LEFT] as number;
      if (heightOf(words, inner) > heightOf(words, words[rightAt + LEVEL_RIGHT] as number)) {
        root = rotateRight(words, root, right);
      }
      root = rotateLeft(words, root, level);
    } else {
      updateHeight(words, level);
    }
    level = words[at + LEVEL_PARENT] as number;
  }
  return root;
}

/** The level with exactly this key, or -1. */
export function findFar(words: Int32Array, root: number, key: number): number {
  let level = root;
  while (level >= 0) {
    const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
    const here = words[at + LEVEL_KEY] as number;
    if (here === key) return level;
    level = words[at + (key < here ? LEVEL_LEFT : LEVEL_RIGHT)] as number;
  }
  return -1;
}

/** The level with the smallest key above this one, or -1: the nearest better level in the tree. */
export function betterFar(words: Int32Array, root: number, key: number): number {
  let level = root;
  let found = -1;
  while (level >= 0) {
    const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
    if ((words[at + LEVEL_KEY] as number) > key) {
      found = level;
      level = words[at + LEVEL_LEFT] as number;
    } else {
      level = words[at + LEVEL_RIGHT] as number;
    }
  }
  return found;
}

/** Adds a level whose key is not in the tree. */
export function insertFar(words: Int32Array, root: number, level: number): number {
  const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
  const key = words[at + LEVEL_KEY] as number;
  words[at + LEVEL_LEFT] = -1;
  words[at + LEVEL_RIGHT] = -1;
  words[at + LEVEL_HEIGHT] = 1;
  let parent = -1;
  let here = root;
  let field = LEVEL_LEFT;
  while (here >= 0) {
    parent = here;
    const hereKey = words[((here & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_KEY] as number;
    if (hereKey === key) throw new Error('assert: two levels of one side have the same price');
    field = key < hereKey ? LEVEL_LEFT : LEVEL_RIGHT;
    here = words[((here & LEVEL_MASK) << LEVEL_SHIFT) + field] as number;
  }
  words[at + LEVEL_PARENT] = parent;
  if (parent < 0) return level;
  words[((parent & LEVEL_MASK) << LEVEL_SHIFT) + field] = level;
  return rebalance(words, root, parent);
}

/** Takes a level out of the tree that it is in. */
export function removeFar(words: Int32Array, root: number, level: number): number {
  const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
  const left = words[at + LEVEL_LEFT] as number;
  const right = words[at + LEVEL_RIGHT] as number;
  const parent = words[at + LEVEL_PARENT] as number;
  if (left < 0 || right < 0) {
    root = replaceChild(words, root, parent, level, left < 0 ? right : left);
    return rebalance(words, root, parent);
  }
  // Two children: the next key takes this place. It has no left child.
  let next = right;
  for (;;) {
    const down = words[((next & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_LEFT] as number;
    if (down < 0) break;
    next = down;
  }
  const nextAt = (next & LEVEL_MASK) << LEVEL_SHIFT;
  const nextParent = words[nextAt + LEVEL_PARENT] as number;
  let from = next;
  if (nextParent !== level) {
    from = nextParent;
    root = replaceChild(words, root, nextParent, next, words[nextAt + LEVEL_RIGHT] as number);
    words[nextAt + LEVEL_RIGHT] = right;
    words[((right & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_PARENT] = next;
  }
  words[nextAt + LEVEL_LEFT] = left;
  words[((left & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_PARENT] = next;
  root = replaceChild(words, root, parent, level, next);
  return rebalance(words, root, from);
}

/** Walks the tree; throws with a sentence when an order, a link, a height or the balance is wrong. Returns its size. */
export function validateFar(words: Int32Array, root: number, limit: number): number {
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  const path: number[] = [];
  let level = root;
  if (root >= 0 && words[((root & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_PARENT] !== -1) {
    throw new Error(`far level ${root} is a root with a parent`);
  }
  while (level >= 0 || path.length > 0) {
    while (level >= 0) {
      path.push(level);
      if (path.length > 64) throw new Error('the tree of far levels is deeper than any balanced one');
      level = words[((level & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_LEFT] as number;
    }
    level = path.pop() as number;
    if (++count > limit) throw new Error('the tree of far levels holds more than there are');
    const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
    const key = words[at + LEVEL_KEY] as number;
    if (key <= last) throw new Error(`far level ${level} is out of order`);
    last = key;
    const left = words[at + LEVEL_LEFT] as number;
    const right = words[at + LEVEL_RIGHT] as number;
    if (left >= 0 && words[((left & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_PARENT] !== level) {
      throw new Error(`far level ${left} names another parent than ${level}`);
    }
    if (right >= 0 && words[((right & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_PARENT] !== level) {
      throw new Error(`far level ${right} names another parent than ${level}`);
    }
    const leftHeight = heightOf(words, left);
    const rightHeight = heightOf(words, right);
    if (words[at + LEVEL_HEIGHT] !== Math.max(leftHeight, rightHeight) + 1) {
      throw new Error(`far level ${level} has a wrong height`);
    }
    if (Math.abs(leftHeight - rightHeight) > 1) throw new Error(`the tree of far levels is out of balance at ${level}`);
    level = right;
  }
  return count;
}
