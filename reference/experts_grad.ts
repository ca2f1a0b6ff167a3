import { dotSlotsOp, expertOuterOp, expertTransposedOp, sumSlotsOp, weightSlotsOp } from "../src/ops/experts_grad.ts";
import { sumBound } from "./bound.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

export { loraGatedUnitGrad } from "./lora_gated_unit_grad.ts";

/** Which row of x belongs to a slot (m, j): m where x is [M, …], the slot itself where x is [M, k, …]. */
const rowOf = (x: RefTensor, slot: number, k: number) => x.shape.length === 2 ? Math.floor(slot / k) : slot;

/** y[m, j, q] = s·Σ_p a[e, p, q]·x[m, p] (or x[m, j, p]), e = experts[m, j]. a [E, P, Q] → y [M, k, Q]. */
export const expertTransposed = defineReference(expertTransposedOp, {
  run({ x, a, experts, offsets }, { y }, { scale }) {
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
  },

  /** A sum of P products, multiplied by the rounded s: two roundings more. */
  bound({ x, a, experts, offsets }, { y }, { scale }) {
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
  },
});

/** out[e, p, q] = s·Σ_{(m, j): experts[m, j] = e} x[m, j, p]·y[m, j, q] (or x[m, p], y[m, q]). → out [E, P, Q]. */
export const expertOuter = defineReference(expertOuterOp, {
  run({ x, y, experts, offsets }, { out }, { scale }) {
    const [M, k] = experts.shape;
    const sums = outerSums({ x, y, experts }, out.shape, liveRows(offsets, M) * k);
    for (let at = 0; at < sums.length; at++) out.data[at] = scale * sums[at];
  },

  /** A sum of as many products as slots chose e, multiplied by the rounded s: two roundings more. */
  bound({ x, y, experts, offsets }, { out }, { scale }) {
    const [M, k] = experts.shape;
    const slots = liveRows(offsets, M) * k;
    const absolutes = outerSums({ x, y, experts }, out.shape, slots, Math.abs);
    const [E, P, Q] = out.shape;
    const chosen = new Int32Array(E);
    for (let slot = 0; slot < slots; slot++) chosen[experts.data[slot]]++;
    return {
      out: absolutes.map((sum, at) => sumBound(chosen[Math.floor(at / (P * Q))] + 2, Math.abs(scale) * sum)),
    };
  },
});

/** Σ x[m, j, p]·y[m, j, q] for every expert; or the sum of absolute terms. */
function outerSums(
  { x, y, experts }: { x: RefTensor; y: RefTensor; experts: RefTensor },
  [E, P, Q]: readonly number[],
  slots: number,
  term: (product: number) => number = (product) => product,
): Float64Array {
  const k = experts.shape[1];
  const sums = new Float64Array(E * P * Q);
  for (let slot = 0; slot < slots; slot++) {
    const e = experts.data[slot];
    const [ofX, ofY] = [rowOf(x, slot, k) * P, rowOf(y, slot, k) * Q];
    for (let p = 0; p < P; p++) {
      for (let q = 0; q < Q; q++) sums[(e * P + p) * Q + q] += term(x.data[ofX + p] * y.data[ofY + q]);
    }
  }
  return sums;
}

/** y[m, j, f] = w[m, j]·x[m, f] (or x[m, j, f]). weights w [M, k] → y [M, k, F]. */
export const weightSlots = defineReference(weightSlotsOp, {
  run({ x, weights, offsets }, { y }) {
    const [M, k, F] = y.shape;
    for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
      const row = rowOf(x, slot, k);
      for (let f = 0; f < F; f++) y.data[slot * F + f] = weights.data[slot] * x.data[row * F + f];
    }
  },

  /** One product. */
  bound: (_inputs, { y }) => ({ y: Float64Array.from(y.data, (value) => sumBound(1, Math.abs(value))) }),
});

/** y[m, f] = Σ_j x[m, j, f]. x [M, k, F] → y [M, F]. */
export const sumSlots = defineReference(sumSlotsOp, {
  run({ x, offsets }, { y }) {
    const [M, k, F] = x.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let f = 0; f < F; f++) {
        let sum = 0;
        for (let j = 0; j < k; j++) sum += x.data[(m * k + j) * F + f];
        y.data[m * F + f] = sum;
      }
    }
  },

  /** A sum of k terms. */
  bound({ x, offsets }) {
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
  },
});

/** y[m, j] = Σ_f a[m, j, f]·b[m, f] (or b[m, j, f]). a [M, k, F] → y [M, k]. */
export const dotSlots = defineReference(dotSlotsOp, {
  run({ a, b, offsets }, { y }) {
    const [M, k, F] = a.shape;
    for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
      let sum = 0;
      for (let f = 0; f < F; f++) sum += a.data[slot * F + f] * b.data[rowOf(b, slot, k) * F + f];
      y.data[slot] = sum;
    }
  },

  /** A sum of F products. */
  bound({ a, b, offsets }) {
    const [M, k, F] = a.shape;
    const bound = new Float64Array(M * k);
    for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
      let absolutes = 0;
      for (let f = 0; f < F; f++) absolutes += Math.abs(a.data[slot * F + f] * b.data[rowOf(b, slot, k) * F + f]);
      bound[slot] = sumBound(F, absolutes);
    }
    return { y: bound };
  },
});
