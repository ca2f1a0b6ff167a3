/**
 * How far a float32 sum may stray from the exact one, in any order of its additions.
 *
 * Two bounds are computed from the terms t₁ … tₙ, and the smaller one counts.
 *
 * **Guaranteed**: (n − 1 + roundings of a term)·u·Σ|t|, u = 2⁻²⁴ (Higham, "Accuracy and Stability of Numerical
 * Algorithms", §4.2). It grows with n where real errors grow with √n: at n = 2,624 it is a thousand times too wide.
 *
 * **Probable**, false for one sum in 2⁶⁰ ({@link FAILURE}), which is less than 1e-9 for the 10⁹ sums of a test run. An
 * addition that makes the partial sum T adds an error δ·T, |δ| ≤ u. The model:
 *
 * 1. The δ are independent with mean zero (Higham & Mary, "A new approach to probabilistic rounding error analysis",
 *    SIAM J. Sci. Comput. 41(5), 2019). Equal terms in a row may repeat the same δ, so a run of them counts as one draw.
 *    Then Σ δ·T is sub-Gaussian: |Σ δ·T| ≤ λu·√(ΣT²) but for a probability of 2·e^(−λ²/2) (Hoeffding; Ipsen & Zhou,
 *    "Probabilistic error analysis for inner products", SIAM J. Matrix Anal. Appl. 41(4), 2020).
 * 2. The order of the additions is that of the indices, of which ΣT² is computed, or it does not depend on the values.
 *    Then the partial sum of k terms is k/n·Σt and the fluctuation of a random permutation, a Brownian bridge of variance
 *    k/n·(1 − k/n)·Σt² (Higham & Mary, "Sharper probabilistic backward error analysis for basic linear algebra kernels
 *    with random data", SIAM J. Sci. Comput. 42(5), 2020). A chain of additions has the largest ΣT² of all trees:
 *    n/3·(Σt)² for the first part; for the second, E e^(sΣδB) ≤ √(z / sin z) with z = su·√(n·Σt²), which by Chernoff's
 *    bound leaves |Σ δ·B| ≤ κu·√(n·Σt²) but for a probability of 2·√(2πeκ)·e^(−πκ).
 *
 * Errors of many sums that a computation adds up do so by their variances, which are those of 2. without the tail of B:
 * n/3·(Σt)² + n/6·Σt². Within {@link deviating} a probable error is λ standard deviations: what a chain of operations sees
 * of it, not what a single sum exceeds once in 2⁶⁰.
 *
 * The model is about rounding alone. What an implementation of `exp` or of a division may do is not random; such errors
 * are added with their guaranteed size, see `bound.ts`.
 *
 * @module
 */
import type { RefTensor } from "../reference.ts";
import { TINY, UNIT } from "./bound.ts";

/** Probability that a float32 sum under the model strays further than its probable error. */
export const FAILURE: number = 2 ** -60;

/** Standard deviations of a sub-Gaussian number that it exceeds with probability {@link FAILURE}: 9.2. */
export const LAMBDA: number = Math.sqrt(2 * Math.log(2 / FAILURE));

/** The same for roundings of a random partial sum, in units of √(n·Σt²): 14.5. */
const KAPPA: number = kappa();

/** Solves 2·√(2πeκ)·e^(−πκ) = FAILURE. */
function kappa(): number {
  let solution = 1;
  for (let i = 0; i < 50; i++) {
    solution = (Math.log(2 / FAILURE) + Math.log(2 * Math.PI * Math.E * solution) / 2) / Math.PI;
  }
  return solution;
}

let byVariance = false;

/** Computes bounds with λ standard deviations as the probable errors of sums. */
export function deviating<T>(compute: () => T): T {
  byVariance = true;
  try {
    return compute();
  } finally {
    byVariance = false;
  }
}

/** A Gaussian error and one with another tail, of two parts of the partial sums; in {@link deviating} the tail is left out. */
export function permutedError(constant: number, tail: number, deviation: number): number {
  return byVariance ? LAMBDA * Math.hypot(constant, deviation) : LAMBDA * constant + tail;
}

/** Roundings of a sum, in units of u. */
export interface Roundings {
  /** Of each term, before it is added; 1 unless given: that of a product. */
  readonly term?: number;
  /** Of each partial sum; 1 unless given: that of an addition. */
  readonly addition?: number;
  /** Of the total; 0 unless given. */
  readonly total?: number;
}

/** A sum, term by term, and its float32 error. */
export class Sum {
  /** Σ t. */
  value = 0;
  /** Σ |t|. */
  absolutes = 0;
  /** Σ t². */
  squares = 0;
  /** Terms that are not zero. */
  count = 0;
  /** Σ_k (t₁ + … + t_k)². */
  private energy = 0;
  /** Σ of the squared lengths of runs of equal terms. */
  private repeated = 0;
  private run = 0;
  private last = NaN;

  /** Adds a term; zeros change nothing in float32 either. */
  add(term: number): void {
    if (term === 0) return;
    this.run = term === this.last ? this.run + 1 : 1;
    this.last = term;
    this.repeated += 2 * this.run - 1;
    this.value += term;
    this.absolutes += Math.abs(term);
    this.squares += term * term;
    this.energy += this.value * this.value;
    this.count++;
  }

  /** Largest error under the model: sub-Gaussian, so that those of independent sums add up by squares. */
  probable({ term = 1, addition = 1, total = 0 }: Roundings = {}): number {
    if (this.count === 0) return 0;
    const size = Math.sqrt(this.squares);
    const ordered = LAMBDA * Math.sqrt(this.energy / this.count);
    const permuted = permutedError(Math.abs(this.value) / Math.sqrt(3), KAPPA * size, size / Math.sqrt(6));
    const additions = this.count === 1 ? 0 : Math.sqrt(this.repeated) * Math.max(ordered, permuted);
    return UNIT * (addition * additions + term * LAMBDA * size + total * Math.abs(this.value));
  }

  /** Largest error in any order and for any data. */
  guaranteed({ term = 1, addition = 1, total = 0 }: Roundings = {}): number {
    const relative = ((this.count - 1) * addition + term + total) * UNIT;
    return this.absolutes === 0 ? 0 : this.absolutes * relative / (1 - relative);
  }

  /** Both errors. */
  both(roundings: Roundings = {}): { guaranteed: number; probable: number } {
    return { guaranteed: this.guaranteed(roundings) + (this.count + 1) * TINY, probable: this.probable(roundings) };
  }

  /** The smaller of both bounds, plus the flush to zero. */
  error(roundings: Roundings = {}): number {
    return Math.min(this.probable(roundings), this.guaranteed(roundings)) + (this.count + 1) * TINY;
  }
}

/** The sum of f(i) for 0 ≤ i < n. */
export function sumOf(n: number, f: (i: number) => number): Sum {
  const sum = new Sum();
  for (let i = 0; i < n; i++) sum.add(f(i));
  return sum;
}

/** Elements of a tensor's data: the first one, and the distance between two. */
export type Strided = readonly [data: RefTensor["data"], from: number, step?: number];

/** The sum of scale·a[i]·b[i] for 0 ≤ i < n. */
export function dotSum(n: number, [a, at, stepA = 1]: Strided, [b, to, stepB = 1]: Strided, scale = 1): Sum {
  const sum = new Sum();
  for (let i = 0; i < n; i++) sum.add(scale * a[at + i * stepA] * b[to + i * stepB]);
  return sum;
}
