import { addOp, ratioOp } from "../../src/ops/add.ts";
import { DIVISION_ERROR, sumBound, TINY } from "./bound.ts";
import { defineBound } from "./define.ts";

/** A sum of two terms: the roundings of the scale, of the product and of the sum are three of its four units. */
export const add = defineBound(addOp, ({ a, b }, { y }, { scale }) => {
  const bound = new Float64Array(y.data.length);
  for (let i = 0; i < bound.length; i++) bound[i] = sumBound(2, Math.abs(a.data[i]) + Math.abs(scale * b.data[i]));
  return { y: bound };
});

/** One division. */
export const ratio = defineBound(ratioOp, (_inputs, { y }) => {
  return { y: Float64Array.from(y.data, (value) => DIVISION_ERROR * Math.abs(value) + TINY) };
});
