/**
 * Norm and projection in one pass: rows are multiplied as they are, while their squares are summed, and scaled at the end.
 *
 * norm(x)·wᵀ = (x ⊙ g)·wᵀ / √(mean x² + ε), so that nobody waits for the norm. LayerNorm would subtract a mean, and products
 * of many rows on GPUs have enough to do: those run in their parts.
 *
 * @module
 */
import { normGatedOp, normLinearOp } from "../src/ops/norm_linear.ts";
import type { Tensor } from "../src/op.ts";
import type { NormParams } from "../src/ops/norm.ts";
import { defineKernel } from "./kernel.ts";
import { chooseTile, FEW_ROWS, product } from "./linear/linear.ts";
import { tile } from "./linear/tile.ts";

/** Whether squares are enough, and something to be divided by: a mean would have to be known before. */
const summed = ({ x }: { x: Tensor }, { kind }: NormParams) => kind === "rms" && x.shape[1] > 0;

/** y = norm(x)·wᵀ. */
export const normLinear = defineKernel(
  normLinearOp,
  ({ inputs, outputs, params, adapter }) => [product({ inputs, outputs, params, adapter })],
  ({ inputs, params: { norm }, adapter }) =>
    summed(inputs, norm) && (adapter.family === "cpu" || inputs.x.shape[0] <= FEW_ROWS),
);

/** y = f(norm(x)·w[:F]ᵀ) ⊙ (norm(x)·w[F:]ᵀ): a tile has columns of both halves. */
export const normGated = defineKernel(
  normGatedOp,
  ({ inputs, outputs, params: { norm, unit }, adapter }) => {
    const [M, F] = outputs.y.shape;
    const size = { ...chooseTile(adapter, M, F), quads: 2, unit };
    return [tile({ inputs, outputs, params: { norm, from: 0, to: F }, adapter }, size)];
  },
  ({ inputs, params: { norm }, adapter }) => summed(inputs, norm) && adapter.family === "cpu",
);
