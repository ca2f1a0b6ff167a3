/**
 * Noise of training: dropout and router jitter, drawn from counters, so that a step can be replayed and recomputed.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireShape, spec, type Tensor } from "../op.ts";

/** Where noise comes from: the place in the model is part of the counter. */
export interface NoiseParams {
  /** Dropout: share of elements that become 0. Jitter: ε. */
  readonly rate: number;
  /** Number of the place in the model. */
  readonly salt: number;
}

/**
 * y[i] = x[i]/(1 − rate) where u(seed, salt, i) ≥ rate, else 0 (Srivastava et al. 2014); u is `uniformAt` of src/random.ts.
 *
 * x of any shape, seed [1] i32 → y of that shape. It is its own derivative.
 */
export const dropoutOp: Op<"x" | "seed", "y", NoiseParams> = defineOp({
  name: "dropout",
  family: "noise",
  inputs: ["x", "seed"],
  outputs: ["y"],
  infer({ x, seed }, { rate }: NoiseParams) {
    requireShape("dropout", "x", x, x.shape);
    requireShape("dropout", "seed", seed, [1], "i32");
    demand("dropout", rate >= 0 && rate < 1, () => `rate is ${rate}, expected 0 <= rate < 1`);
    return { y: spec(x.shape) };
  },
  vjp: (backend, { inputs: { seed }, grads: { y }, params }) => ({ x: () => dropout(backend, y!, seed, params) }),
});

/** Applies {@link dropoutOp}. */
export function dropout<T extends Tensor>(backend: Backend<T>, x: T, seed: T, params: NoiseParams): T {
  return backend.run(dropoutOp, { x, seed }, params).y;
}

/**
 * y[i] = x[i]·(1 − rate + 2·rate·u(seed, salt, i)): router input jitter (Switch Transformer, arXiv 2101.03961, §2.3; mol.md §2).
 *
 * x of any shape, seed [1] i32 → y of that shape. It is its own derivative.
 */
export const jitterOp: Op<"x" | "seed", "y", NoiseParams> = defineOp({
  name: "jitter",
  family: "noise",
  inputs: ["x", "seed"],
  outputs: ["y"],
  infer({ x, seed }, { rate }: NoiseParams) {
    requireShape("jitter", "x", x, x.shape);
    requireShape("jitter", "seed", seed, [1], "i32");
    demand("jitter", rate >= 0, () => `rate is ${rate}, expected rate >= 0`);
    return { y: spec(x.shape) };
  },
  vjp: (backend, { inputs: { seed }, grads: { y }, params }) => ({ x: () => jitter(backend, y!, seed, params) }),
});

/** Applies {@link jitterOp}. */
export function jitter<T extends Tensor>(backend: Backend<T>, x: T, seed: T, params: NoiseParams): T {
  return backend.run(jitterOp, { x, seed }, params).y;
}
