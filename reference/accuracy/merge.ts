import { expertMergeOp } from "../../src/ops/merge.ts";
import { update } from "../merge.ts";
import { sumBound } from "./bound.ts";
import { absolute, defineBound } from "./define.ts";

/**
 * One sum of products, of E·R terms and w (`delta`), or R terms, each the product of two sums of E terms, and w
 * (`factor`). A term is rounded by its products with q and with s, and by the rounding of s itself: three more each.
 */
export const expertMerge = defineBound(expertMergeOp, ({ w, ...experts }, { y }, params) => {
  const [E, R, F] = experts.a.shape;
  const terms = params.mode === "factor" ? 2 * E + R + 1 : E * R + 1;
  const at = update({ a: absolute(experts.a), b: absolute(experts.b), q: absolute(experts.q) }, params);
  const bound = Float64Array.from(
    y.data,
    (_, i) => sumBound(terms + 3, Math.abs(w.data[i]) + Math.abs(params.scale) * at(Math.floor(i / F), i % F)),
  );
  return { y: bound };
});
