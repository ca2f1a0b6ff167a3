import { expertMergeOp, type MergeParams } from "../src/ops/merge.ts";
import { sumBound } from "./bound.ts";
import { defineReference, type RefTensor } from "./reference.ts";

/** The terms that w[o, f] is changed by, before s: `delta` Σ_e q_e·Σ_r b·a, `factor` Σ_r (Σ_e q_e·b)·(Σ_e q_e·a). */
function update(
  { a, b, q }: Record<"a" | "b" | "q", RefTensor>,
  { mode }: MergeParams,
  size: (value: number) => number,
): (o: number, f: number) => number {
  const [E, R, F] = a.shape;
  const O = b.shape[1];
  const left = (e: number, o: number, r: number) => size(q.data[e] * b.data[(e * O + o) * R + r]);
  const factor = (o: number, f: number) => {
    let sum = 0;
    for (let r = 0; r < R; r++) {
      let column = 0;
      let row = 0;
      for (let e = 0; e < E; e++) {
        column += left(e, o, r);
        row += size(q.data[e] * a.data[(e * R + r) * F + f]);
      }
      sum += column * row;
    }
    return sum;
  };
  const delta = (o: number, f: number) => {
    let sum = 0;
    for (let e = 0; e < E; e++) {
      for (let r = 0; r < R; r++) sum += left(e, o, r) * size(a.data[(e * R + r) * F + f]);
    }
    return sum;
  };
  return mode === "factor" ? factor : delta;
}

/** y[o, f] = w[o, f] + s·Σ_e q_e·(B_e·A_e)[o, f], or its one-adapter form. w [O, F], a [E, R, F], b [E, O, R], q [E] → y [O, F]. */
export const expertMerge = defineReference(expertMergeOp, {
  run({ w, ...experts }, { y }, params) {
    const [O, F] = w.shape;
    const at = update(experts, params, (value) => value);
    for (let o = 0; o < O; o++) {
      for (let f = 0; f < F; f++) y.data[o * F + f] = w.data[o * F + f] + params.scale * at(o, f);
    }
  },

  /**
   * One sum of products, of E·R terms and w (`delta`), or R terms, each the product of two sums of E terms, and w
   * (`factor`). A term is rounded by its products with q and with s, and by the rounding of s itself: three more each.
   */
  bound({ w, ...experts }, { y }, params) {
    const [E, R, F] = experts.a.shape;
    const terms = params.mode === "factor" ? 2 * E + R + 1 : E * R + 1;
    const at = update(experts, params, Math.abs);
    const bound = Float64Array.from(
      y.data,
      (_, i) => sumBound(terms + 3, Math.abs(w.data[i]) + Math.abs(params.scale) * at(Math.floor(i / F), i % F)),
    );
    return { y: bound };
  },
});
