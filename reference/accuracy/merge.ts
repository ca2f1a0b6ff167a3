import { expertMergeOp } from "../../src/ops/merge.ts";
import { UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { Sum, sumOf } from "./sums.ts";

/**
 * One sum of products, of E·R terms and w (`delta`), or R terms, each the product of two sums of E terms, and w
 * (`factor`). A term is rounded by its products with q, a and s, and by the rounding of s itself.
 */
export const expertMerge = defineBound(expertMergeOp, ({ w, a, b, q }, { y }, { mode, scale }) => {
  const [E, R, F] = a.shape;
  const O = w.shape[0];
  const column = (e: number, o: number, r: number) => q.data[e] * b.data[(e * O + o) * R + r];
  const bound = Float64Array.from(y.data, (_, i) => {
    const [o, f] = [Math.floor(i / F), i % F];
    const sum = new Sum();
    sum.add(w.data[i]);
    let inner = 0; // errors of the inner sums of `factor`
    for (let r = 0; r < R; r++) {
      if (mode === "delta") {
        for (let e = 0; e < E; e++) sum.add(scale * column(e, o, r) * a.data[(e * R + r) * F + f]);
        continue;
      }
      const left = sumOf(E, (e) => column(e, o, r)), right = sumOf(E, (e) => q.data[e] * a.data[(e * R + r) * F + f]);
      sum.add(scale * left.value * right.value);
      const [l, k] = [left.error(), right.error()];
      inner += Math.abs(scale) * (l * Math.abs(right.value) + k * (Math.abs(left.value) + l));
    }
    return inner * (1 + 8 * UNIT) + sum.error({ term: 3, total: 1 });
  });
  return { y: bound };
});
