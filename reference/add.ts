import { addOp } from "../src/ops/add.ts";
import { sumBound } from "./bound.ts";
import { defineReference } from "./reference.ts";

/** y[i] = a[i] + scale·b[i]. a, b, y of one shape. */
export const add = defineReference(addOp, {
  run({ a, b }, { y }, { scale }) {
    for (let i = 0; i < y.data.length; i++) y.data[i] = a.data[i] + scale * b.data[i];
  },

  /** A sum of two terms: the roundings of the scale, of the product and of the sum are three of its four units. */
  bound({ a, b }, { y }, { scale }) {
    const bound = new Float64Array(y.data.length);
    for (let i = 0; i < bound.length; i++) bound[i] = sumBound(2, Math.abs(a.data[i]) + Math.abs(scale * b.data[i]));
    return { y: bound };
  },
});
