import {
  dotSlotsOp,
  expertOuterOp,
  expertTransposedOp,
  sumSlotsOp,
  weightSlotsOp,
} from "../../src/ops/experts_grad.ts";
import { rowOf } from "../experts_grad.ts";
import { liveRows } from "../reference.ts";
import { sumBound } from "./bound.ts";
import { defineBound } from "./define.ts";
import { laneDotSum } from "./lanes.ts";
import { dotSum, sumOf } from "./sums.ts";

/** A sum of P products, multiplied by the rounded s: two roundings more. */
export const expertTransposed = defineBound(expertTransposedOp, ({ x, a, experts, offsets }, { y }, { scale }) => {
  const [M, k, Q] = y.shape;
  const P = a.shape[1];
  const bound = new Float64Array(M * k * Q);
  for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
    const [e, row] = [experts.data[slot], rowOf(x, slot, k)];
    for (let q = 0; q < Q; q++) {
      const sum = dotSum(P, [a.data, e * P * Q + q, Q], [x.data, row * P], scale);
      bound[slot * Q + q] = sum.error({ total: 2 });
    }
  }
  return { y: bound };
});

/** A sum of as many products as slots chose e, multiplied by the rounded s: two roundings more. */
export const expertOuter = defineBound(expertOuterOp, ({ x, y, experts, offsets }, { out }, { scale }) => {
  const [M, k] = experts.shape;
  const slots = Array.from({ length: liveRows(offsets, M) * k }, (_, slot) => slot);
  const [E, P, Q] = out.shape;
  const bound = new Float64Array(E * P * Q);
  for (let e = 0; e < E; e++) {
    const own = slots.filter((slot) => experts.data[slot] === e);
    for (let p = 0; p < P; p++) {
      for (let q = 0; q < Q; q++) {
        const term = (slot: number) => x.data[rowOf(x, slot, k) * P + p] * y.data[rowOf(y, slot, k) * Q + q];
        bound[(e * P + p) * Q + q] = sumOf(own.length, (i) => scale * term(own[i])).error({ total: 2 });
      }
    }
  }
  return { out: bound };
});

/** One product. */
export const weightSlots = defineBound(
  weightSlotsOp,
  (_inputs, { y }) => ({ y: Float64Array.from(y.data, (value) => sumBound(1, Math.abs(value))) }),
);

/** A sum of k terms. */
export const sumSlots = defineBound(sumSlotsOp, ({ x, offsets }) => {
  const [M, k, F] = x.shape;
  const bound = new Float64Array(M * F);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let f = 0; f < F; f++) {
      bound[m * F + f] = sumOf(k, (j) => x.data[(m * k + j) * F + f]).error({ term: 0 });
    }
  }
  return { y: bound };
});

/** A sum of F products. */
export const dotSlots = defineBound(dotSlotsOp, ({ a, b, offsets }) => {
  const [M, k, F] = a.shape;
  const bound = new Float64Array(M * k);
  for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
    const row = rowOf(b, slot, k) * F;
    bound[slot] = laneDotSum(F, [a.data, slot * F], [b.data, row]).error();
  }
  return { y: bound };
});
