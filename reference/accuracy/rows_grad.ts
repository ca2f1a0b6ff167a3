import { dotRowsOp, scaleRowsOp } from "../../src/ops/rows_grad.ts";
import { liveRows } from "../reference.ts";
import { sumBound } from "./bound.ts";
import { defineBound } from "./define.ts";
import { laneDotSum } from "./lanes.ts";

/** One product. */
export const scaleRows = defineBound(
  scaleRowsOp,
  (_inputs, { y }) => ({ y: Float64Array.from(y.data, (value) => sumBound(1, Math.abs(value))) }),
);

/** A sum of D products. */
export const dotRows = defineBound(dotRowsOp, ({ a, b, offsets }) => {
  const [S, D] = a.shape;
  const bound = new Float64Array(S);
  for (let s = 0; s < liveRows(offsets, S); s++) {
    bound[s] = laneDotSum(D, [a.data, s * D], [b.data, s * D]).error();
  }
  return { y: bound };
});
