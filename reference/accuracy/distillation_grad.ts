import { cosineDistanceGradOp, klDivergenceGradOp } from "../../src/ops/distillation_grad.ts";
import { angle, softened } from "../distillation.ts";
import { liveRows, type RefTensor } from "../reference.ts";
import { DIVISION_ERROR, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { exponentialsError, powerError } from "./exponentials.ts";
import { angleErrors, SOFTENED } from "./distillation.ts";

/** Errors of both probabilities, their difference, τ as a float32, and two products in either order. */
export const klDivergenceGrad = defineBound(
  klDivergenceGradOp,
  ({ student, teacher, dkl, offsets }, { dstudent }, { temperature }) => {
    const [M, V] = student.shape;
    const bound = new Float64Array(M * V);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const s = probabilityErrors(student, m, temperature);
      const t = probabilityErrors(teacher, m, temperature);
      const upstream = temperature * Math.abs(dkl.data[m]);
      for (let v = 0; v < V; v++) {
        const error = upstream * (s[v] + t[v]);
        const rounding = 4 * UNIT * (Math.abs(dstudent.data[m * V + v]) + error);
        bound[m * V + v] = error + rounding + (2 + temperature) * TINY;
      }
    }
    return { dstudent: bound };
  },
);

/**
 * Errors of softmax(x[m]/τ): a power, the sum's error below the line, and a division or a reciprocal with a product;
 * powers may be flushed or held at the smallest normal number.
 */
function probabilityErrors(x: RefTensor, m: number, temperature: number): Float64Array {
  const { z, sum } = softened(x, m, temperature);
  const { relative } = exponentialsError(z, 0, SOFTENED);
  const quotient = relative / (1 - relative) + DIVISION_ERROR + 2 * UNIT;
  return z.map((z) => {
    const p = Math.exp(z) / sum;
    return 3 * TINY + (p > 0 ? p * Math.expm1(powerError(-z, SOFTENED) + quotient) : 0);
  });
}

/** Every factor with its own error, products of sums of both less the exact products, and a rounding each. */
export const cosineDistanceGrad = defineBound(cosineDistanceGradOp, ({ a, b, dy, offsets }, { da }) => {
  const [M, D] = a.shape;
  const bound = new Float64Array(M * D);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const { cosine, overA, overB } = angle(a, b, m);
    if (overA * overB === 0) continue;
    const { errorA, errorB, cosineError } = angleErrors(a, b, m);
    const most = Math.abs(cosine) + cosineError;
    const upstream = Math.abs(dy.data[m]) * overA;
    for (let d = 0; d < D; d++) {
      const [ours, theirs] = [Math.abs(a.data[m * D + d]) * overA, Math.abs(b.data[m * D + d]) * overB];
      const along = ours * ((1 + errorA) * most * (1 + UNIT) ** 2 - Math.abs(cosine)) + TINY * (1 + most);
      const beside = theirs * ((1 + errorB) * (1 + UNIT) - 1) + TINY;
      const across = Math.abs(b.data[m * D + d] * overB - a.data[m * D + d] * overA * cosine);
      const error = along + beside + UNIT * (across + along + beside);
      const value = Math.abs(da.data[m * D + d]);
      bound[m * D + d] = (value + upstream * error) * (1 + errorA) * (1 + UNIT) ** 2 - value +
        TINY * (1 + overA + Math.abs(dy.data[m])); // products that are flushed, in any order
    }
  }
  return { da: bound };
});
