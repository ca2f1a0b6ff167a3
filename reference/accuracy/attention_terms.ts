/**
 * Float32 errors of the sums over p and ds = p·(dy·v − δ) in the derivatives of attention.
 *
 * @module
 */
import type { Heads } from "../../src/ops/rope.ts";
import { score } from "../attention.ts";
import { keyAt, type Operands, weigh } from "../attention_grad.ts";
import type { RefTensor } from "../reference.ts";
import { scoreErrors } from "./attention.ts";
import { TINY, UNIT } from "./bound.ts";
import { type ErrorPair, Inherited } from "./exponentials.ts";
import { dotSum, LAMBDA, Sum } from "./sums.ts";

/** p, its slope dy·v − δ, and the terms of their errors. */
export interface Weighed {
  readonly p: number;
  readonly slope: number;
  /** s − lse, of which p is the power. */
  readonly x: number;
  /** Errors of x: those of the score; lse is an exact input. */
  readonly ofX: ErrorPair;
  /** Errors of the slope: a sum of K products and δ, and of its product with p. */
  readonly ofSlope: ErrorPair;
}

/** Query row m, head h and key n with their errors. */
export function weighed(operands: Operands, m: number, h: number, n: number, heads: Heads): Weighed {
  const { q, kv, dy, stats } = operands;
  const { H, G, K } = heads;
  const from = (m * H + h) * K, key = keyAt(n, h, heads);
  const { p, slope } = weigh(operands, m, h, n, heads);
  const sum = dotSum(K, [dy.data, from], [kv.data, key + G * K]);
  sum.add(-stats.data[m * 2 * H + H + h]);
  const ofSlope = sum.both({ total: 1 });
  const x = score(q, kv, from, key, K) - stats.data[m * 2 * H + h];
  return { p, slope, x, ofX: scoreErrors(q, kv, from, key, K), ofSlope };
}

/** Errors of K sums Σ p·a or Σ p·slope·a over heads a of a tensor. */
export class HeadSums {
  readonly #sums: Sum[];
  readonly #inherited: Inherited[];
  #flushed = 0;

  constructor(readonly K: number) {
    this.#sums = Array.from({ length: K }, () => new Sum());
    this.#inherited = Array.from({ length: K }, () => new Inherited());
  }

  /** Adds p·a, or with `sloped` p·slope·a, for the head a that starts at `at`. */
  add({ p, slope, x, ofX, ofSlope }: Weighed, a: RefTensor, at: number, sloped: boolean): void {
    for (let i = 0; i < this.K; i++) {
      const value = a.data[at + i];
      const factor = Math.abs(p * value);
      const term = sloped ? p * slope * value : p * value;
      const ofF = sloped ? { guaranteed: factor * ofSlope.guaranteed, probable: factor * ofSlope.probable } : undefined;
      this.#inherited[i].add(term, x, ofX, ofF);
      this.#sums[i].add(term);
      this.#flushed += TINY * (1 + Math.abs(value) * (1 + Math.abs(slope)));
    }
  }

  /** The errors; two roundings more for the scale. */
  errors(scale: number): Float64Array {
    return Float64Array.from(this.#sums, (sum, i) => {
      const inherited = this.#inherited[i].error();
      const rounding = sum.error({ term: 2, total: 2 });
      return scale * (inherited + rounding * (1 + LAMBDA * UNIT * sum.count) + this.#flushed) + TINY;
    });
  }
}
