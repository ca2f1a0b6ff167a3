import { dropoutOp, jitterOp } from "../src/ops/noise.ts";
import { uniformAt } from "../src/random.ts";
import { DIVISION_ERROR, sumBound, TINY, UNIT } from "./bound.ts";
import { defineReference } from "./reference.ts";

/** y[i] = x[i]/(1 − rate) where u(seed, salt, i) ≥ rate, else 0. x, y of one shape, seed [1]. */
export const dropout = defineReference(dropoutOp, {
  run({ x, seed }, { y }, { rate, salt }) {
    for (let i = 0; i < y.data.length; i++) {
      y.data[i] = uniformAt(seed.data[0], salt, i) >= rate ? x.data[i] / (1 - rate) : 0;
    }
  },

  /** 1 − rate is rounded, or its reciprocal; a division, or a product. What is dropped is 0 exactly. */
  bound: (_, { y }) => ({
    y: Float64Array.from(y.data, (value) => value === 0 ? 0 : (UNIT + DIVISION_ERROR) * Math.abs(value) + TINY),
  }),
});

/** y[i] = x[i]·(1 − rate + 2·rate·u(seed, salt, i)). x, y of one shape, seed [1]. */
export const jitter = defineReference(jitterOp, {
  run({ x, seed }, { y }, { rate, salt }) {
    for (let i = 0; i < y.data.length; i++) {
      y.data[i] = x.data[i] * (1 - rate + 2 * rate * uniformAt(seed.data[0], salt, i));
    }
  },

  /** The factor is a sum of two rounded terms, u is exact; then one product. */
  bound({ x, seed }, { y }, { rate, salt }) {
    return {
      y: Float64Array.from(y.data, (value, i) => {
        const factor = sumBound(2, Math.abs(1 - rate) + 2 * rate * uniformAt(seed.data[0], salt, i));
        return Math.abs(x.data[i]) * factor * (1 + UNIT) + UNIT * Math.abs(value) + TINY;
      }),
    };
  },
});
