import { normGradOp, normGradWeightOp } from "../src/ops/norm_grad.ts";
import { centered, moments } from "./norm.ts";
import { defineReference, liveRows } from "./reference.ts";

/**
 * dx[m] = s·(g − mean(g) − x̂·mean(g ⊙ x̂)), g = dy[m] ⊙ weight, x̂ = s·(x[m] − mean); without mean(g) for `rms`, whose mean
 * is zero and whose variance is the mean square. s = 1/√(variance + ε). x, dy [M, D], weight [D] → dx [M, D].
 */
export const normGrad = defineReference(normGradOp, ({ x, weight, dy, offsets }, { dx }, params) => {
  const [M, D] = dx.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const { mean, variance } = moments(x, m, params.kind);
    const scale = 1 / Math.sqrt(variance + params.eps);
    const normal = (d: number) => (x.data[m * D + d] - mean) * scale;
    const g = (d: number) => dy.data[m * D + d] * weight.data[d];
    let [shift, slope] = [0, 0];
    for (let d = 0; d < D; d++) {
      if (centered[params.kind]) shift += g(d) / D;
      slope += g(d) * normal(d) / D;
    }
    for (let d = 0; d < D; d++) dx.data[m * D + d] = scale * (g(d) - shift - normal(d) * slope);
  }
});

/** dweight[d] = Σ_m dy[m, d]·x̂[m, d]. x, dy [M, D] → dweight [D]. */
export const normGradWeight = defineReference(normGradWeightOp, ({ x, dy, offsets }, { dweight }, params) => {
  const [M, D] = x.shape;
  const sums = new Float64Array(D);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const { mean, variance } = moments(x, m, params.kind);
    const scale = 1 / Math.sqrt(variance + params.eps);
    for (let d = 0; d < D; d++) sums[d] += dy.data[m * D + d] * (x.data[m * D + d] - mean) * scale;
  }
  dweight.data.set(sums);
});
