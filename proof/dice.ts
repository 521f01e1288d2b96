/**
 * Random choices from a seed, the same on every machine. Any thread.
 */
import { seededRandom } from './seeded-random.js';

export class Dice {
  /** From 0 to 1. */
  private readonly fraction: () => number;

  constructor(seed: number) {
    this.fraction = seededRandom(seed);
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.fraction() * count);
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0];
  }

  /** One of the values, each as likely as its weight says. */
  weighted<T>(values: readonly [readonly [number, T], ...(readonly [number, T])[]]): T {
    let left = this.fraction() * values.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of values) {
      left -= weight;
      if (left < 0) {
        return value;
      }
    }
    return values[0][1];
  }
}
