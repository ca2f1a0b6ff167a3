import { addOp, ratioOp } from "../src/ops/add.ts";
import { defineReference } from "./reference.ts";

/** y[i] = a[i] + scale·b[i]. a, b, y of one shape. */
export const add = defineReference(addOp, ({ a, b }, { y }, { scale }) => {
  for (let i = 0; i < y.data.length; i++) y.data[i] = a.data[i] + scale * b.data[i];
});

/** y[i] = a[i] / b[i], 0 where b[i] is 0. a, b, y of one shape. */
export const ratio = defineReference(ratioOp, ({ a, b }, { y }) => {
  for (let i = 0; i < y.data.length; i++) y.data[i] = b.data[i] === 0 ? 0 : a.data[i] / b.data[i];
});
