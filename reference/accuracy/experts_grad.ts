import {
  dotSlotsOp,
  expertOuterOp,
  expertTransposedOp,
  sumSlotsOp,
  weightSlotsOp,
} from "../../src/ops/experts_grad.ts";
import { outerSums, rowOf } from "../experts_grad.ts";
import { liveRows } from "../reference.ts";
import { sumBound } from "./bound.ts";
import { absolute, defineBound } from "./define.ts";

/** A sum of P products, multiplied by the rounded s: two roundings more. */
export const expertTransposed = defineBound(expertTransposedOp, ({ x, a, experts, offsets }, { y }, { scale }) => {
  const [M, k, Q] = y.shape;
  const P = a.shape[1];
  const bound = new Float64Array(M * k * Q);
  for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
    const [e, row] = [experts.data[slot], rowOf(x, slot, k)];
    for (let q = 0; q < Q; q++) {
      let absolutes = 0;
      for (let p = 0; p < P; p++) absolutes += Math.abs(a.data[(e * P + p) * Q + q] * x.data[row * P + p]);
      bound[slot * Q + q] = sumBound(P + 2, Math.abs(scale) * absolutes);
    }
  }
  return { y: bound };
});

/** A sum of as many products as slots chose e, multiplied by the rounded s: two roundings more. */
export const expertOuter = defineBound(expertOuterOp, ({ x, y, experts, offsets }, { out }, { scale }) => {
  const [M, k] = experts.shape;
  const slots = liveRows(offsets, M) * k;
  const absolutes = outerSums({ x: absolute(x), y: absolute(y), experts }, out.shape, slots);
  const [E, P, Q] = out.shape;
  const chosen = new Int32Array(E);
  for (let slot = 0; slot < slots; slot++) chosen[experts.data[slot]]++;
  return {
    out: absolutes.map((sum, at) => sumBound(chosen[Math.floor(at / (P * Q))] + 2, Math.abs(scale) * sum)),
  };
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
      let absolutes = 0;
      for (let j = 0; j < k; j++) absolutes += Math.abs(x.data[(m * k + j) * F + f]);
      bound[m * F + f] = sumBound(k, absolutes);
    }
  }
  return { y: bound };
});

/** A sum of F products. */
export const dotSlots = defineBound(dotSlotsOp, ({ a, b, offsets }) => {
  const [M, k, F] = a.shape;
  const bound = new Float64Array(M * k);
  for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
    let absolutes = 0;
    for (let f = 0; f < F; f++) absolutes += Math.abs(a.data[slot * F + f] * b.data[rowOf(b, slot, k) * F + f]);
    bound[slot] = sumBound(F, absolutes);
  }
  return { y: bound };
});
