/**
 * Norm and projection in one pass: the product of the unnormalised rows is scaled by their norms, computed meanwhile.
 *
 * norm(x)·wᵀ = (x ⊙ g)·wᵀ / √(mean x² + ε). This is faster where a dispatch costs more than reading the weight g in every
 * work group: for the rows of decoding. LayerNorm subtracts a mean first, and is not fused.
 *
 * @module
 */
import { normGatedOp, normLinearOp } from "../../src/ops/norm_linear.ts";
import type { Tensor } from "../../src/op/op.ts";
import type { NormParams } from "../../src/ops/norm.ts";
import type { Adapter } from "../host/adapter.ts";
import { defineKernel } from "../host/kernel.ts";
import { chooseTile, FEW_ROWS, product } from "./linear/linear.ts";
import { tile } from "./linear/tile.ts";

/** Rows up to which a software adapter fuses; on GPUs {@link FEW_ROWS}. */
const FEW_TILES = 64;

/** Whether the norm is RMSNorm over at least one column, and the rows are few. */
function fuses(
  { inputs: { x: { shape: [M, D] } }, params: { norm }, adapter }: {
    inputs: { x: Tensor };
    params: { norm: NormParams };
    adapter: Adapter;
  },
): boolean {
  return norm.kind === "rms" && D > 0 && M <= (adapter.family === "cpu" ? FEW_TILES : FEW_ROWS);
}

/** y = norm(x)·wᵀ. */
export const normLinear = defineKernel(
  normLinearOp,
  ({ inputs, outputs, params, adapter }) => [product({ inputs, outputs, params, adapter })],
  fuses,
);

/** y = f(norm(x)·w[:F]ᵀ) ⊙ (norm(x)·w[F:]ᵀ): a tile has columns of both halves. */
export const normGated = defineKernel(
  normGatedOp,
  ({ inputs, outputs, params: { norm, unit }, adapter }) => {
    const [M, F] = outputs.y.shape;
    const size = { ...chooseTile(adapter, M, F), quads: 2, unit };
    return [tile({ inputs, outputs, params: { norm, from: 0, to: F }, adapter }, size)];
  },
  (call) => call.adapter.family === "cpu" && fuses(call),
);
