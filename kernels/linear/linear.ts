/**
 * Linear projection: which kernel runs where.
 *
 * | rows    | software adapters                   | GPUs                                               |
 * | ------- | ----------------------------------- | -------------------------------------------------- |
 * | 1 … 8   | a narrow register tile              | a work group streams four lines of w               |
 * | more    | tiles of up to 32 × 64 in registers | 32 × 32 blocks until 64 × 64 ones fill the machine |
 *
 * @module
 */
import { linearOp } from "../../src/ops/linear.ts";
import { defineKernel, type Dispatch } from "../kernel.ts";
import type { LinearCall } from "./operands.ts";
import { fewRows } from "./rows.ts";
import { shared } from "./shared.ts";
import { LANES, tile } from "./tile.ts";

/** Blocks of 64 × 64 that keep a GPU busy. */
const ENOUGH_BLOCKS = 48;

/** y = x·wᵀ (+ bias) (+ residual). */
export const linear = defineKernel(linearOp, (call) => [choose(call)]);

function choose(call: LinearCall): Dispatch {
  const [M, O] = call.outputs.y.shape;
  const { family, features, subgroupMinSize } = call.adapter;
  if (family === "cpu") {
    const helpful = features.has("subgroups") && subgroupMinSize >= LANES;
    const quads = O > 128 ? 2 : 1;
    if (M <= 4) return tile(call, { rows: atLeast(M, [1, 2, 4]), quads, shared: false });
    if (helpful) return tile(call, { rows: atLeast(M, [8, 16, 32]), quads, shared: true });
    return tile(call, { rows: atLeast(M, [8, 16]), quads, shared: false });
  }
  if (M <= 8) return fewRows(call, atLeast(M, [1, 2, 4, 8]));
  const blocks = Math.ceil(M / 64) * Math.ceil(O / 64);
  return shared(call, blocks >= ENOUGH_BLOCKS ? 8 : 4);
}

/** The first size that is at least `wanted`, else the last. */
function atLeast(wanted: number, sizes: readonly number[]): number {
  return sizes.find((size) => size >= wanted) ?? sizes[sizes.length - 1];
}
