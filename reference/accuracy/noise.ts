import { dropoutOp, jitterOp } from "../../src/ops/noise.ts";
import { drawAt } from "../noise.ts";
import { DIVISION_ERROR, sumBound, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";

/** 1 − rate is rounded, or its reciprocal; a division, or a product. What is dropped is 0 exactly. */
export const dropout = defineBound(dropoutOp, (_, { y }) => ({
  y: Float64Array.from(y.data, (value) => value === 0 ? 0 : (UNIT + DIVISION_ERROR) * Math.abs(value) + TINY),
}));

/** The factor is a sum of two rounded terms, u is exact; then one product. */
export const jitter = defineBound(jitterOp, (inputs, { y }, { rate, salt }) => {
  return {
    y: Float64Array.from(y.data, (value, i) => {
      const factor = sumBound(2, Math.abs(1 - rate) + 2 * rate * drawAt(inputs, salt, i));
      return Math.abs(inputs.x.data[i]) * factor * (1 + UNIT) + UNIT * Math.abs(value) + TINY;
    }),
  };
});
