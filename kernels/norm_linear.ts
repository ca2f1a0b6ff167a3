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
import type { Adapter } from "./adapter.ts";
import { defineKernel } from "./kernel.ts";
import { chooseTile } from "./linear/linear.ts";
import { tile } from "./linear/tile.ts";

/** Whether a tile can do it: a mean would have to be known before, and rows without columns have none. */
const fuses = (
  { inputs: { x }, params: { norm }, adapter }: {
    inputs: { x: Tensor };
    params: { norm: NormParams };
    adapter: Adapter;
  },
) => norm.kind === "rms" && x.shape[1] > 0 && adapter.family === "cpu";

/** y = norm(x)·wᵀ. */
export const normLinear = defineKernel(
  normLinearOp,
  ({ inputs, outputs: { y }, params, adapter }) => {
    const [M, O] = y.shape;
    return [tile({ inputs, outputs: { y }, params, adapter }, chooseTile(adapter, M, O))];
  },
  fuses,
);

/** y = f(norm(x)·w[:F]ᵀ) ⊙ (norm(x)·w[F:]ᵀ): a tile has columns of both halves. */
export const normGated = defineKernel(
  normGatedOp,
  ({ inputs, outputs: { y }, params: { norm, unit }, adapter }) => {
    const [M, F] = y.shape;
    const size = { ...chooseTile(adapter, M, F), quads: 2, unit };
    return [tile({ inputs, outputs: { y }, params: { norm, from: 0, to: F }, adapter }, size)];
  },
  fuses,
);
