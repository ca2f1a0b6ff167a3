import { cosineDistanceOp, klDivergenceOp } from "../../src/ops/distillation.ts";
import { angle, softened } from "../distillation.ts";
import { liveRows, type RefTensor } from "../reference.ts";
import { DIVISION_ERROR, INVERSE_SQRT_ERROR, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { LaneSum, laneSumOf } from "./lanes.ts";
import { LAMBDA } from "./sums.ts";
import { Inherited, logError, powerError } from "./exponentials.ts";

/** Roundings of (x − top)/τ: the difference, τ or its inverse to float32, and a division (five) or a product. */
export const SOFTENED: number = 2 + DIVISION_ERROR / UNIT;

/**
 * For τ²·(Σ e^t·(t − s) / Σ e^t + log Σ e^s − log Σ e^t): what the sums inherit from their terms, and the rounding of each;
 * a division, two logarithms, two sums, and τ², rounded four times.
 */
export const klDivergence = defineBound(klDivergenceOp, ({ student, teacher, offsets }, { kl }, { temperature }) => {
  const [M] = student.shape;
  const bound = new Float64Array(M);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const [s, t] = [softened(student, m, temperature), softened(teacher, m, temperature)];
    const { gaps, ofS, ofT, inherited, most } = divergenceErrors(s, t);
    const [gap, ofGaps, logs] = [Math.abs(gaps.value), gaps.error({ term: 1 }), Math.abs(Math.log(s.sum / t.sum))];
    const quotient = ofGaps + (gap + ofGaps) * (ofT / (1 - ofT) + DIVISION_ERROR);
    const sums = (inherited + quotient) * (1 + most) + logError(s.sum, ofS) + logError(t.sum, ofT);
    const error = sums + 2 * UNIT * (gap + logs + sums);
    bound[m] = temperature ** 2 * error * (1 + 4 * UNIT) + 4 * UNIT * Math.abs(kl.data[m]) + TINY;
  }
  return { kl: bound };
});

/** A row of logits over τ, below the greatest, and the sum of their powers. */
type Softened = ReturnType<typeof softened>;

/**
 * The divergence moves by p·(t − s − gap − 1) with e^t, relative, p = e^t / Σ e^t and gap = Σ p·(t − s); by p with t − s, and
 * by q = e^s / Σ e^s with e^s. In the worst case each of these has its largest error. Under the model of {@link Inherited}
 * errors that all columns share cancel in part. A logit z = (x − top)/τ has two of them, of a rounded τ and of a division:
 * all columns of a row have z·(1 + c). Its other roundings are independent. Also the largest error of a power, relative,
 * and of both sums of powers from their additions.
 */
function divergenceErrors(s: Softened, t: Softened) {
  const [gaps, powersS, powersT, moved] = [new LaneSum(), new LaneSum(), new LaneSum(), new Inherited()];
  const shares = (v: number) => [Math.exp(t.z[v]) / t.sum, Math.exp(s.z[v]) / s.sum];
  let [flushed, most, sharedT, sharedS] = [0, 0, 0, 0];
  t.z.forEach((z, v) => {
    const [p, q] = shares(v);
    gaps.add(p > 0 ? p * (z - s.z[v]) : 0);
    powersT.add(p);
    powersS.add(q);
  });
  t.z.forEach((z, v) => {
    const [p, q] = shares(v);
    const [below, gap] = [s.z[v], p > 0 ? z - s.z[v] : 0];
    const slope = p * (gap - gaps.value - 1);
    if (p > 0) {
      const ofGap = p * UNIT * (Math.abs(gap) + SOFTENED * (Math.abs(z) + Math.abs(below)));
      const ofZ = UNIT * SOFTENED * Math.abs(z);
      moved.add(slope, z, { guaranteed: ofZ, probable: 0 }, {
        guaranteed: ofGap,
        probable: LAMBDA * (ofGap + Math.abs(slope) * ofZ),
      });
      [sharedT, most] = [sharedT + (slope + p) * z, Math.max(most, powerError(-z, SOFTENED))];
    }
    if (q > 0) {
      const ofZ = UNIT * SOFTENED * Math.abs(below);
      moved.add(q, below, { guaranteed: ofZ, probable: LAMBDA * ofZ });
      [sharedS, most] = [sharedS + (q - p) * below, Math.max(most, powerError(-below, SOFTENED))];
    }
    flushed += 2 * TINY * (3 + Math.abs(gap)); // powers and products that are flushed, or held at the smallest normal number
  });
  moved.share((SOFTENED - 1) * UNIT * (Math.abs(sharedT) + Math.abs(sharedS)));
  const [ofS, ofT] = [powersS.error({ term: 0 }), powersT.error({ term: 0 })];
  return { gaps, ofS, ofT, inherited: moved.error() + flushed, most: 2 * most };
}

/** The cosine's and a difference; neither the distance nor its error can be more than two. */
export const cosineDistance = defineBound(cosineDistanceOp, ({ a, b, offsets }, { y }) => {
  const bound = new Float64Array(y.data.length);
  for (let m = 0; m < liveRows(offsets, a.shape[0]); m++) {
    const { cosineError: error } = angleErrors(a, b, m);
    bound[m] = Math.min(2, error + UNIT * (Math.abs(y.data[m]) + error) + TINY);
  }
  return { y: bound };
});

/**
 * Largest float32 errors of what {@link angle} tells: of inverse norms relative. Rows are scaled to greatest elements of
 * about 1; a value far below these, or below the smallest normal number before, may be flushed to zero.
 */
export function angleErrors(a: RefTensor, b: RefTensor, m: number) {
  const D = a.shape[1];
  const { cosine, overA, overB } = angle(a, b, m);
  const [errorA, errorB] = [inverseNormError(overA, a, m), inverseNormError(overB, b, m)];
  const products = laneSumOf(D, (d) => a.data[m * D + d] * b.data[m * D + d]);
  let flushed = 0;
  for (let d = 0; d < D; d++) flushed += TINY * (Math.abs(a.data[m * D + d]) + Math.abs(b.data[m * D + d]));
  const dot = Math.abs(products.value) + products.error() + flushed;
  const scales = overA * overB === 0 ? 0 : overA * (1 + errorA) * overB * (1 + errorB);
  const cosineError = (dot * scales + (D + 1) * TINY) * (1 + UNIT) ** 2 - Math.abs(cosine); // two products
  return { errorA, errorB, cosineError: scales === 0 ? 0 : cosineError };
}

/** Relative error of 1/√q, q a sum of D squares: halved by the root, between the least and the greatest q this allows. */
function inverseNormError(inverse: number, x: RefTensor, m: number): number {
  if (inverse === 0) return 0;
  const D = x.shape[1];
  const squares = laneSumOf(D, (d) => (x.data[m * D + d] * inverse) ** 2);
  const relative = squares.error() + (D + 1) * TINY + 2 * Math.sqrt(D) * TINY * inverse;
  const root = Math.max(1 / Math.sqrt(Math.max(0, 1 - relative)) - 1, 1 - 1 / Math.sqrt(1 + relative));
  return root + (INVERSE_SQRT_ERROR + DIVISION_ERROR) * (1 + root); // of inverseSqrt, or of 1/√q
}
