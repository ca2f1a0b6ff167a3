/**
 * Float32 errors of the terms that the derivatives of attention sum.
 *
 * @module
 */
import type { Heads } from "../../src/ops/rope.ts";
import { score } from "../attention.ts";
import { dot, keyAt, type Operands, weigh } from "../attention_grad.ts";
import type { RefTensor } from "../reference.ts";
import { expError, sumBound, TINY, UNIT } from "./bound.ts";
import { absolute } from "./define.ts";

/**
 * |error| of p and of ds. In p = exp(s − lse): the score's (K + 4)·u·Σ|q·k|/√K (K products, the rounding of the scale and
 * of its product), the rounding of the difference (lse is an exact input) and exp's own; e to the power of all that, less
 * 1, is p's relative error. In the slope: a sum of K products and δ. In ds: p's error times |slope|, the slope's times p,
 * and one product. What is flushed to zero is at most the smallest normal number.
 */
export function weighErrors(
  operands: Operands,
  m: number,
  h: number,
  n: number,
  heads: Heads,
): { p: number; ds: number } {
  const { q, kv, dy, stats } = operands;
  const { H, G, K } = heads;
  const from = (m * H + h) * K, key = keyAt(n, h, heads);
  const { p, slope } = weigh(operands, m, h, n, heads);
  const below = score(q, kv, from, key, K) - stats.data[m * 2 * H + h];
  const moved = (K + 4) * UNIT * score(absolute(q), absolute(kv), from, key, K) + UNIT * Math.abs(below) +
    expError(below);
  const ofP = p * Math.expm1(moved) + TINY;
  const terms = dot(absolute(dy), from, absolute(kv), key + G * K, K) + Math.abs(stats.data[m * 2 * H + H + h]);
  const ofSlope = sumBound(K + 1, terms);
  return { p: ofP, ds: ofP * Math.abs(slope) + (p + ofP) * (ofSlope + UNIT * (Math.abs(slope) + ofSlope)) + TINY };
}

/** Error of K sums Σ f·x, each f wrong by at most e: Σ e·|x|, the rounding of (|f| + e)·|x|, all of it scaled. */
export class Sums {
  #moved: Float64Array;
  #absolutes: Float64Array;
  #terms = 0;

  constructor(readonly K: number) {
    this.#moved = new Float64Array(K);
    this.#absolutes = new Float64Array(K);
  }

  /** Adds one factor with its error, times the head at x[at]. */
  add(factor: number, error: number, x: RefTensor, at: number): void {
    this.#terms++;
    for (let i = 0; i < this.K; i++) {
      this.#moved[i] += error * Math.abs(x.data[at + i]) + TINY;
      this.#absolutes[i] += (factor + error) * Math.abs(x.data[at + i]);
    }
  }

  /** The errors; with a scale, two more roundings. */
  bounds(scale: number): Float64Array {
    return this.#moved.map((moved, i) => scale * (moved + sumBound(this.#terms + 2, this.#absolutes[i])) + TINY);
  }
}
