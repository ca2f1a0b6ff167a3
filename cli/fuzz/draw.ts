/** Random choices of a case, determined by its seed. */
import { uniforms } from "../../src/common/random.ts";

/** A deterministic stream of choices. */
export class Draw {
  readonly #uniform: () => number;

  /** Starts at a 32-bit seed. */
  constructor(readonly seed: number) {
    this.#uniform = uniforms(seed);
  }

  /** A whole number from 0 to n − 1. */
  below(n: number): number {
    return Math.floor(this.#uniform() * n);
  }

  /** True with a probability. */
  chance(probability: number): boolean {
    return this.#uniform() < probability;
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** A list of `count` draws. */
  list<T>(count: number, draw: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, index) => draw(index));
  }
}
