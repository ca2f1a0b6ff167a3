/**
 * Float32 errors of powers of e, of their sums and of the logarithms of these.
 *
 * @module
 */
import { expError, logBound, TINY, UNIT } from "./bound.ts";
import { LaneSum } from "./lanes.ts";
import { LAMBDA } from "./sums.ts";

/**
 * Relative error of e^(−below), below ≥ 0 the rounded difference of two floats, or what else takes so many roundings; e^
 * keeps products of errors inside.
 */
export function powerError(below: number, roundings = 1): number {
  return Math.expm1(roundings * UNIT * below + expError(below));
}

/**
 * Σ_v e^(x_v − top), top the greatest x_v, and its relative error: each term has that of a difference and of e^x, the sum
 * V terms'.
 */
export function exponentialsError(
  x: ArrayLike<number>,
  top: number,
  roundings?: number,
): { sum: number; relative: number } {
  const powers = new LaneSum();
  let error = 0;
  for (let v = 0; v < x.length; v++) {
    const below = top - x[v];
    const term = Math.exp(-below);
    powers.add(term);
    error += 2 * TINY + (term > 0 ? term * powerError(below, roundings) : 0);
  }
  const sum = powers.value;
  return { sum, relative: (error + (1 + error / sum) * powers.error({ term: 0 })) / sum };
}

/**
 * Error of log Σ_v e^(x_v − top): the sum's goes through the logarithm unchanged. The sum may be on either side of where
 * log's own error changes.
 */
export function logSumExpBound(x: ArrayLike<number>, top: number, roundings?: number): number {
  const { sum, relative } = exponentialsError(x, top, roundings);
  return logError(sum, relative);
}

/** Error of the logarithm of a number with a relative error. */
export function logError(value: number, relative: number): number {
  return relative / (1 - relative) + Math.max(logBound(value * (1 - relative)), logBound(value * (1 + relative)));
}

/** The error of a float32 number: in the worst case, and under the model of `sums.ts`, independent of others'. */
export interface ErrorPair {
  readonly guaranteed: number;
  readonly probable: number;
}

/**
 * Errors that a sum Σ t inherits from its terms, each t = f·e^x with an inexact f and an inexact x.
 *
 * Worst case: Σ |t|·(error of each). Under the model an implementation of `exp` errs by a + b·x, the same for all terms
 * (its constants are rounded), and by as much again that is independent from argument to argument; so do x and f.
 */
export class Inherited {
  #linear = 0;
  #squares = 0;
  #common = 0;
  #slanted = 0;
  #shared = 0;

  /** Adds t = f·e^x, the error of x, and that of f times e^x. */
  add(t: number, x: number, ofX: ErrorPair, ofF: ErrorPair = { guaranteed: 0, probable: 0 }): void {
    const own = UNIT * Math.abs(x) + expError(x);
    this.#linear += Math.abs(t) * Math.expm1(ofX.guaranteed + own) + ofF.guaranteed;
    this.#squares += t * t * (ofX.probable ** 2 + (LAMBDA * own) ** 2) + ofF.probable ** 2;
    this.#common += t;
    this.#slanted += t * x;
  }

  /** Adds the error that all terms together have under the model from another cause that they share. */
  share(error: number): void {
    this.#shared += error;
  }

  /** The smaller one of both. */
  error(): number {
    const common = expError(0) * Math.abs(this.#common) + (expError(1) - expError(0)) * Math.abs(this.#slanted);
    return Math.min(this.#linear, common + this.#shared + Math.sqrt(this.#squares));
  }
}
