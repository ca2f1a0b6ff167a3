/**
 * Derivatives of distillation: the sums of the losses over a row, then a second pass over the row.
 *
 * @module
 */
import { cosineDistanceGradOp, klDivergenceGradOp } from "../../src/ops/distillation_grad.ts";
import { angles, softenedRows } from "./distillation.ts";
import { defineKernel } from "../host/kernel.ts";

/** dstudent = τ·(e^s / Σ e^s − e^t / Σ e^t)·dkl. */
export const klDivergenceGrad = defineKernel(
  klDivergenceGradOp,
  ({ inputs: { student: { shape }, offsets }, params: { temperature }, adapter }) => [
    softenedRows({ shape, offsets, adapter }, "klDivergenceGrad", {
      temperature,
      wide: "dstudent",
      store: /* wgsl */ `
  let overS = 1.0 / sumS;
  let overT = 1.0 / sumT;
  let upstream = TAU * dkl[m];
  for (var w = lane; w < W; w += LANES) {
    let s = power((student[row + w] - topS) * INVERSE) * overS;
    let t = power((teacher[row + w] - topT) * INVERSE) * overT;
    dstudent[row + w] = (s - t) * upstream;
  }`,
    }),
  ],
);

/** da = dy/‖a‖·(â·cos − b̂). */
export const cosineDistanceGrad = defineKernel(
  cosineDistanceGradOp,
  ({ inputs: { a: { shape }, offsets }, adapter }) => [
    angles(
      { shape, offsets, adapter },
      "cosineDistanceGrad",
      /* wgsl */ `
  let upstream = dy[m] * overA;
  for (var w = lane; w < W; w += LANES) {
    da[row + w] = (a[row + w] * overA * cosine - b[row + w] * overB) * upstream;
  }`,
      "da",
    ),
  ],
);
