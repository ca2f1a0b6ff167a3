import { expertMergeOp, type MergeParams } from "../src/ops/merge.ts";
import { defineReference, type RefTensor } from "./reference.ts";

/** The change of w[o, f], before s: `delta` Σ_e q_e·Σ_r b·a, `factor` Σ_r (Σ_e q_e·b)·(Σ_e q_e·a). */
function update(
  { a, b, q }: Record<"a" | "b" | "q", RefTensor>,
  { mode }: MergeParams,
): (o: number, f: number) => number {
  const [E, R, F] = a.shape;
  const O = b.shape[1];
  const left = (e: number, o: number, r: number) => q.data[e] * b.data[(e * O + o) * R + r];
  const factor = (o: number, f: number) => {
    let sum = 0;
    for (let r = 0; r < R; r++) {
      let column = 0;
      let row = 0;
      for (let e = 0; e < E; e++) {
        column += left(e, o, r);
        row += q.data[e] * a.data[(e * R + r) * F + f];
      }
      sum += column * row;
    }
    return sum;
  };
  const delta = (o: number, f: number) => {
    let sum = 0;
    for (let e = 0; e < E; e++) {
      for (let r = 0; r < R; r++) sum += left(e, o, r) * a.data[(e * R + r) * F + f];
    }
    return sum;
  };
  return { delta, factor }[mode];
}

/** y[o, f] = w[o, f] + s·Σ_e q_e·(B_e·A_e)[o, f], or its one-adapter form. w [O, F], a [E, R, F], b [E, O, R], q [E] → y [O, F]. */
export const expertMerge = defineReference(expertMergeOp, ({ w, ...experts }, { y }, params) => {
  const [O, F] = w.shape;
  const at = update(experts, params);
  for (let o = 0; o < O; o++) {
    for (let f = 0; f < F; f++) y.data[o * F + f] = w.data[o * F + f] + params.scale * at(o, f);
  }
});
