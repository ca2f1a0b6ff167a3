import { addOp, ratioOp } from "../src/ops/add.ts";
import { DIVISION_ERROR, sumBound, TINY } from "./bound.ts";
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

/** y[i] = a[i] / b[i], 0 where b[i] is 0. a, b, y of one shape. */
export const ratio = defineReference(ratioOp, {
  run({ a, b }, { y }) {
    for (let i = 0; i < y.data.length; i++) y.data[i] = b.data[i] === 0 ? 0 : a.data[i] / b.data[i];
  },

  /** One division. */
  bound(_inputs, { y }) {
    return { y: Float64Array.from(y.data, (value) => DIVISION_ERROR * Math.abs(value) + TINY) };
  },
});
