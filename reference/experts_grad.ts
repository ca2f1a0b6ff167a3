import { dotSlotsOp, expertOuterOp, expertTransposedOp, sumSlotsOp, weightSlotsOp } from "../src/ops/experts_grad.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";
export { loraGatedUnitGrad } from "./lora_gated_unit_grad.ts";

/** Which row of x belongs to a slot (m, j): m where x is [M, …], the slot itself where x is [M, k, …]. */
export const rowOf = (x: RefTensor, slot: number, k: number) => x.shape.length === 2 ? Math.floor(slot / k) : slot;

/** y[m, j, q] = s·Σ_p a[e, p, q]·x[m, p] (or x[m, j, p]), e = experts[m, j]. a [E, P, Q] → y [M, k, Q]. */
export const expertTransposed = defineReference(expertTransposedOp, ({ x, a, experts, offsets }, { y }, { scale }) => {
  const [M, k, Q] = y.shape;
  const P = a.shape[1];
  for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
    const [e, row] = [experts.data[slot], rowOf(x, slot, k)];
    for (let q = 0; q < Q; q++) {
      let sum = 0;
      for (let p = 0; p < P; p++) sum += a.data[(e * P + p) * Q + q] * x.data[row * P + p];
      y.data[slot * Q + q] = scale * sum;
    }
  }
});

/** out[e, p, q] = s·Σ_{(m, j): experts[m, j] = e} x[m, j, p]·y[m, j, q] (or x[m, p], y[m, q]). → out [E, P, Q]. */
export const expertOuter = defineReference(expertOuterOp, ({ x, y, experts, offsets }, { out }, { scale }) => {
  const [M, k] = experts.shape;
  const sums = outerSums({ x, y, experts }, out.shape, liveRows(offsets, M) * k);
  for (let at = 0; at < sums.length; at++) out.data[at] = scale * sums[at];
});

/** Σ x[m, j, p]·y[m, j, q] over the slots of every expert. */
function outerSums(
  { x, y, experts }: { x: RefTensor; y: RefTensor; experts: RefTensor },
  [E, P, Q]: readonly number[],
  slots: number,
): Float64Array {
  const k = experts.shape[1];
  const sums = new Float64Array(E * P * Q);
  for (let slot = 0; slot < slots; slot++) {
    const e = experts.data[slot];
    const [ofX, ofY] = [rowOf(x, slot, k) * P, rowOf(y, slot, k) * Q];
    for (let p = 0; p < P; p++) {
      for (let q = 0; q < Q; q++) sums[(e * P + p) * Q + q] += x.data[ofX + p] * y.data[ofY + q];
    }
  }
  return sums;
}

/** y[m, j, f] = w[m, j]·x[m, f] (or x[m, j, f]). weights w [M, k] → y [M, k, F]. */
export const weightSlots = defineReference(weightSlotsOp, ({ x, weights, offsets }, { y }) => {
  const [M, k, F] = y.shape;
  for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
    const row = rowOf(x, slot, k);
    for (let f = 0; f < F; f++) y.data[slot * F + f] = weights.data[slot] * x.data[row * F + f];
  }
});

/** y[m, f] = Σ_j x[m, j, f]. x [M, k, F] → y [M, F]. */
export const sumSlots = defineReference(sumSlotsOp, ({ x, offsets }, { y }) => {
  const [M, k, F] = x.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let f = 0; f < F; f++) {
      let sum = 0;
      for (let j = 0; j < k; j++) sum += x.data[(m * k + j) * F + f];
      y.data[m * F + f] = sum;
    }
  }
});

/** y[m, j] = Σ_f a[m, j, f]·b[m, f] (or b[m, j, f]). a [M, k, F] → y [M, k]. */
export const dotSlots = defineReference(dotSlotsOp, ({ a, b, offsets }, { y }) => {
  const [M, k, F] = a.shape;
  for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
    let sum = 0;
    for (let f = 0; f < F; f++) sum += a.data[slot * F + f] * b.data[rowOf(b, slot, k) * F + f];
    y.data[slot] = sum;
  }
});
