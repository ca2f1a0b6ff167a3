import type { NormKind } from "../src/op/kinds.ts";
import { normOp } from "../src/ops/norm.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/** Whether the mean of a row is subtracted from it. */
export const centered: Readonly<Record<NormKind, boolean>> = { rms: false, layer: true };

/** Mean (zero for `rms`) and biased variance (mean square for `rms`) of row m. x [M, D]. */
export function moments({ data, shape: [, D] }: RefTensor, m: number, kind: NormKind) {
  let mean = 0;
  if (centered[kind]) {
    for (let d = 0; d < D; d++) mean += data[m * D + d];
    mean /= D;
  }
  let variance = 0;
  for (let d = 0; d < D; d++) variance += (data[m * D + d] - mean) ** 2;
  return { mean, variance: variance / D };
}

/** y[m, d] = (x[m, d] − mean) / √(variance + ε) · weight[d]. x [M, D], weight [D] → y [M, D]. */
export const norm = defineReference(normOp, ({ x, weight, offsets }, { y }, { kind, eps }) => {
  const [M, D] = y.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const { mean, variance } = moments(x, m, kind);
    const scale = 1 / Math.sqrt(variance + eps);
    for (let d = 0; d < D; d++) y.data[m * D + d] = (x.data[m * D + d] - mean) * scale * weight.data[d];
  }
});
