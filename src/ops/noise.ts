/**
 * Noise of training: dropout and router jitter, drawn from counters, so that a step can be replayed, recomputed and cut.
 *
 * @module
 */
import { defineOp } from "../op/define.ts";
import type { Backend, Tensor } from "../op/op.ts";

/** Where noise comes from: the place in the model is part of the counter. */
export interface NoiseParams {
  /** Dropout: share of elements that become 0. Jitter: ε. */
  readonly rate: number;
  /** Number of the place in the model. */
  readonly salt: number;
}

/**
 * y[m, d] = x[m, d]/(1 − rate) where u(seed[0], salt, i) ≥ rate, else 0 (Srivastava et al. 2014); u is `uniformAt` of
 * src/common/random.ts, i = (seed[1] + rows[m])·D + d: elements are numbered through all rows of a step, however it is cut.
 *
 * x [M, …] with D elements a row, seed [2] i32 = (seed, row of the step that row 0 is), rows [M] i32 (0 … M − 1 unless
 * given) → y of the shape of x. It is its own derivative.
 */
export const dropoutOp = defineOp({
  name: "dropout",
  family: "noise",
  inputs: { x: "M ...", seed: "2 i32", "rows?": "M i32" },
  outputs: { y: "M ..." },
  params: { rate: "number", salt: "size" },
  refuse: (_, { rate }) => !(rate >= 0 && rate < 1) && `rate is ${rate}, expected 0 <= rate < 1`,
  vjp: (backend, { inputs: { seed, rows }, grads: { y }, params }) => ({
    x: () => dropout(backend, y!, { seed, rows }, params),
  }),
});

/** Where an operation's numbers are drawn from: seed [2] i32, rows [M] i32. */
export interface NoiseCounters<T> {
  /** The seed, and the number of row 0 in the step. */
  readonly seed: T;
  /** Numbers of the rows; in turn unless given. */
  readonly rows?: T;
}

/** Applies {@link dropoutOp}. */
export function dropout<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  { seed, rows }: NoiseCounters<T>,
  params: NoiseParams,
): T {
  return backend.run(dropoutOp, { x, seed, rows }, params).y;
}

/**
 * y[m, d] = x[m, d]·(1 − rate + 2·rate·u(seed[0], salt, i)): router input jitter (Switch Transformer, arXiv 2101.03961,
 * §2.3; docs/mol.md, "Top-k experts").
 *
 * x, seed, rows, i and y as in {@link dropoutOp}. It is its own derivative.
 */
export const jitterOp = defineOp({
  name: "jitter",
  family: "noise",
  inputs: { x: "M ...", seed: "2 i32", "rows?": "M i32" },
  outputs: { y: "M ..." },
  params: { rate: "number", salt: "size" },
  refuse: (_, { rate }) => rate < 0 && `rate is ${rate}, expected rate >= 0`,
  vjp: (backend, { inputs: { seed, rows }, grads: { y }, params }) => ({
    x: () => jitter(backend, y!, { seed, rows }, params),
  }),
});

/** Applies {@link jitterOp}. */
export function jitter<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  { seed, rows }: NoiseCounters<T>,
  params: NoiseParams,
): T {
  return backend.run(jitterOp, { x, seed, rows }, params).y;
}
