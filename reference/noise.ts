import { dropoutOp, jitterOp } from "../src/ops/noise.ts";
import { uniformAt } from "../src/common/random.ts";
import { DIVISION_ERROR, sumBound, TINY, UNIT } from "./bound.ts";
import { defineReference, type RefTensor } from "./reference.ts";

/** u(seed[0], salt, (seed[1] + rows[m])·D + d) of element i = m·D + d. x [M, …], seed [2], rows [M]. */
function drawAt(
  { x, seed, rows }: { x: RefTensor; seed: RefTensor; rows?: RefTensor },
  salt: number,
  i: number,
): number {
  const D = x.data.length / x.shape[0];
  const m = Math.floor(i / D);
  const row = seed.data[1] + (rows ? rows.data[m] : m);
  return uniformAt(seed.data[0], salt, row * D + i % D);
}

/** y[i] = x[i]/(1 − rate) where u ≥ rate, else 0. x, y [M, …], seed [2], rows [M]. */
export const dropout = defineReference(dropoutOp, {
  run(inputs, { y }, { rate, salt }) {
    for (let i = 0; i < y.data.length; i++) {
      y.data[i] = drawAt(inputs, salt, i) >= rate ? inputs.x.data[i] / (1 - rate) : 0;
    }
  },

  /** 1 − rate is rounded, or its reciprocal; a division, or a product. What is dropped is 0 exactly. */
  bound: (_, { y }) => ({
    y: Float64Array.from(y.data, (value) => value === 0 ? 0 : (UNIT + DIVISION_ERROR) * Math.abs(value) + TINY),
  }),
});

/** y[i] = x[i]·(1 − rate + 2·rate·u). x, y [M, …], seed [2], rows [M]. */
export const jitter = defineReference(jitterOp, {
  run(inputs, { y }, { rate, salt }) {
    for (let i = 0; i < y.data.length; i++) {
      y.data[i] = inputs.x.data[i] * (1 - rate + 2 * rate * drawAt(inputs, salt, i));
    }
  },

  /** The factor is a sum of two rounded terms, u is exact; then one product. */
  bound(inputs, { y }, { rate, salt }) {
    return {
      y: Float64Array.from(y.data, (value, i) => {
        const factor = sumBound(2, Math.abs(1 - rate) + 2 * rate * drawAt(inputs, salt, i));
        return Math.abs(inputs.x.data[i]) * factor * (1 + UNIT) + UNIT * Math.abs(value) + TINY;
      }),
    };
  },
});
