import { cosineDistanceGradOp, klDivergenceGradOp } from "../src/ops/distillation_grad.ts";
import { angle, softened } from "./distillation.ts";
import { defineReference, liveRows } from "./reference.ts";

/**
 * dstudent[m, v] = τ·(s_v − t_v)·dkl[m], t = softmax(teacher[m]/τ), s = softmax(student[m]/τ).
 * student, teacher [M, V], dkl [M, 1] → dstudent [M, V].
 */
export const klDivergenceGrad = defineReference(
  klDivergenceGradOp,
  ({ student, teacher, dkl, offsets }, { dstudent }, { temperature }) => {
    const [M, V] = student.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const s = softened(student, m, temperature);
      const t = softened(teacher, m, temperature);
      for (let v = 0; v < V; v++) {
        const difference = Math.exp(s.z[v]) / s.sum - Math.exp(t.z[v]) / t.sum;
        dstudent.data[m * V + v] = temperature * difference * dkl.data[m];
      }
    }
  },
);

/**
 * da[m] = −dy[m]·(b̂ − â·cos)/‖a‖, â = a[m]/‖a[m]‖, b̂ = b[m]/‖b[m]‖, cos = â·b̂; 0 where a or b is zero.
 * a, b [M, D], dy [M, 1] → da [M, D].
 */
export const cosineDistanceGrad = defineReference(cosineDistanceGradOp, ({ a, b, dy, offsets }, { da }) => {
  const [M, D] = a.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const { cosine, overA, overB } = angle(a, b, m);
    for (let d = 0; d < D; d++) {
      const across = b.data[m * D + d] * overB - a.data[m * D + d] * overA * cosine;
      da.data[m * D + d] = -dy.data[m] * across * overA;
    }
  }
});
