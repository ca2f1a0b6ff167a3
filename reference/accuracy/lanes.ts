/**
 * How far a float32 sum over a whole row, or over a whole tensor, may stray: it must not be one long chain of additions.
 *
 * `sums.ts` allows every order, the chain included. These sums have tens of thousands of terms, often of one sign, and a
 * kernel forms them by several invocations. What every kernel must keep to, for more than {@link SERIAL} terms:
 *
 * - The terms form W words of neighbours: of four where four divides n, else of one, unless another size is given.
 * - There are at least L partial sums: {@link ROW} for a row, {@link TENSOR} for a tensor. Each has at most ⌈8W / 7L⌉ + 3
 *   words, or as many terms. A word is added as one number, or each of its terms to a sum of its own; these are merged
 *   before there are fewer than eight partial sums.
 * - The partial sums are merged in pairs, in log₂ L levels. More than L of them may be merged into L, in pairs.
 *
 * The model of `sums.ts` then gives a smaller error, with the same confidence. An addition over k of the n terms
 * makes the partial sum k/n·Σt + B.
 *
 * 1. Σ (k/n)² over the additions replaces n/3, its value for a chain, in the part of Σt.
 * 2. B has the variance k/n·(1 − k/n)·Σt². Its covariance over the additions has a trace of at most τ·Σt², τ the depth of
 *    the tree, and no eigenvalue above μ·Σt², μ the largest Σ k/n over the additions that one term passes. Then E e^(sΣδB) ≤
 *    (1 − s²u²μΣt²)^(−τ/2μ), as −ln(1 − z)/z grows, and by Chernoff's bound |Σ δ·B| ≤ u·√(μ·Σt²)·(ln(2/p) − τ/2μ·ln(1 −
 *    z))/√z, for any 0 < z < 1, but for a probability of p.
 * 3. Terms that are equal may repeat the same δ, wherever they stand: partial sums of equal terms are equal.
 *
 * The guaranteed bound is depth·u·Σ|t| (Hallman & Ipsen, "Precision-aware deterministic and probabilistic error bounds for
 * floating point summation", Numer. Math. 155, 2023).
 *
 * @module
 */
import { UNIT } from "./bound.ts";
import { FAILURE, LAMBDA, permutedError, type Roundings, type Strided, Sum } from "./sums.ts";

/** Terms that may be added one after the other. */
export const SERIAL = 32;

/** Partial sums of a row. */
export const ROW = 8;

/** Partial sums of a whole tensor. */
export const TENSOR = 32;

/** How a sum is divided. */
export interface Division {
  /** Partial sums, a power of two; {@link ROW} unless given. */
  readonly lanes?: number;
  /** Neighbours that stay together; four or one unless given, as the number of terms says. */
  readonly word?: number;
}

/** The tree of additions that a sum of so many terms may have at worst. */
interface Tree {
  /** Additions that a term passes at most: τ. */
  readonly depth: number;
  /** Largest Σ (k/n)² over all additions. */
  readonly energy: number;
  /** Largest Σ k/n over the additions that one term passes: μ. */
  readonly weight: number;
}

/** A sum that invocations share, term by term, and its float32 error. */
export class LaneSum extends Sum {
  readonly #terms: number[] = [];

  /** Makes an empty sum. */
  constructor(readonly division: Division = {}) {
    super();
  }

  /** Adds a term; zeros take part in the division among lanes. */
  override add(term: number): void {
    super.add(term);
    this.#terms.push(term);
  }

  /** Largest error under the model. */
  override probable(roundings: Roundings = {}): number {
    const any = super.probable(roundings);
    if (this.#terms.length <= SERIAL) return any;
    const { term = 1, addition = 1, total = 0 } = roundings;
    const { depth, energy, weight } = this.#tree();
    const tail = fluctuation(depth, weight, this.squares), deviation = Math.sqrt(depth * this.squares);
    const permuted = permutedError(Math.abs(this.value) * Math.sqrt(energy), tail, deviation);
    const ordered = LAMBDA * Math.sqrt(Math.max(this.#energyOf("strided"), this.#energyOf("blocks")));
    const additions = Math.sqrt(repetition(this.#terms)) * Math.max(permuted, ordered);
    const others = term * LAMBDA * Math.sqrt(this.squares) + total * Math.abs(this.value);
    return Math.min(any, UNIT * (addition * additions + others));
  }

  /** Largest error in any tree that is allowed and for any data. */
  override guaranteed(roundings: Roundings = {}): number {
    const any = super.guaranteed(roundings);
    if (this.#terms.length <= SERIAL) return any;
    const { term = 1, addition = 1, total = 0 } = roundings;
    const relative = (this.#tree().depth * addition + term + total) * UNIT;
    return Math.min(any, this.absolutes * relative / (1 - relative));
  }

  #divided(): Required<Division> {
    return { lanes: ROW, word: this.#terms.length % 4 === 0 ? 4 : 1, ...this.division };
  }

  #tree(): Tree {
    const { lanes, word } = this.#divided();
    const n = this.#terms.length;
    const words = Math.ceil(8 * Math.ceil(n / word) / (7 * lanes)) + 3;
    const share = Math.min(1, words * word / n); // of the terms, in one of the partial sums
    let merged = 1; // Σ k/n on a path through the merges
    for (let parts = 2; parts < lanes; parts *= 2) merged += Math.min(1, share * parts);
    const within = (word - 1) * Math.min(1, share * lanes / ROW);
    return {
      depth: words + word - 1 + Math.log2(lanes),
      energy: share * (words + 1) * (2 * words + 1) / (6 * words) + within + merged,
      weight: share * (words + 1) / 2 + within + merged,
    };
  }

  /** Σ of squared partial sums in the order of the indices, words dealt to lanes in turn or in blocks of neighbours. */
  #energyOf(order: "strided" | "blocks"): number {
    const { lanes, word } = this.#divided();
    const words = Math.ceil(this.#terms.length / word), block = Math.ceil(words / lanes);
    let sums = new Float64Array(lanes);
    let energy = 0;
    for (let w = 0; w < words; w++) {
      const lane = order === "blocks" ? Math.floor(w / block) : w % lanes;
      const end = Math.min(this.#terms.length, (w + 1) * word);
      for (let i = w * word; i < end; i++) sums[lane] += this.#terms[i];
      energy += sums[lane] ** 2;
    }
    for (let half = lanes / 2; half > 0; half /= 2) {
      sums = sums.subarray(0, half).map((sum, lane) => sum + sums[lane + half]);
      energy += sums.reduce((squares, sum) => squares + sum ** 2, 0);
    }
    return energy;
  }
}

/** Error of the additions from the part B of the partial sums, in units of u. */
function fluctuation(depth: number, weight: number, squares: number): number {
  let least = Infinity;
  for (let z = 1 / 16; z < 1; z += 1 / 16) {
    least = Math.min(least, (Math.log(2 / FAILURE) - depth / (2 * weight) * Math.log(1 - z)) / Math.sqrt(z));
  }
  return Math.sqrt(weight * squares) * least;
}

/** Mean number of terms that are equal to a term, zeros left out. */
function repetition(terms: readonly number[]): number {
  const sorted = Float64Array.from(terms).sort();
  let [run, repeated, count] = [0, 0, 0];
  sorted.forEach((term, i) => {
    run = term === sorted[i - 1] ? run + 1 : 1;
    if (term === 0) return;
    repeated += 2 * run - 1;
    count++;
  });
  return count === 0 ? 1 : repeated / count;
}

/** The sum of f(i) for 0 ≤ i < n. */
export function laneSumOf(n: number, f: (i: number) => number, division?: Division): LaneSum {
  const sum = new LaneSum(division);
  for (let i = 0; i < n; i++) sum.add(f(i));
  return sum;
}

/** The sum of a[i]·b[i] for 0 ≤ i < n. */
export function laneDotSum(n: number, [a, at]: Strided, [b, to]: Strided): LaneSum {
  return laneSumOf(n, (i) => a[at + i] * b[to + i]);
}
