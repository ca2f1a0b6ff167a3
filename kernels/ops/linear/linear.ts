/**
 * Linear projection: which kernel runs where.
 *
 * | rows  | software adapters                   | GPUs                                               |
 * | ----- | ----------------------------------- | -------------------------------------------------- |
 * | 1 … 8 | one register tile of these rows     | a work group streams four lines of w               |
 * | more  | tiles of up to 32 × 64 in registers | 32 × 32 blocks until 64 × 64 ones fill the machine |
 *
 * @module
 */
import { linearOp } from "../../../src/ops/linear.ts";
import { type Adapter, broadcasts } from "../../host/adapter.ts";
import { defineKernel, type Dispatch } from "../../host/kernel.ts";
import type { LinearCall } from "./operands.ts";
import { fewRows } from "./rows.ts";
import { shared } from "./shared.ts";
import { type Tile, tile } from "./tile.ts";

/** Blocks of 64 × 64 from which on a GPU is fully occupied. */
const ENOUGH_BLOCKS = 48;

/** Rows up to which a GPU uses the kernel for few rows, as in decoding. */
export const FEW_ROWS = 8;

/** y = x·wᵀ (+ bias) (+ residual). */
export const linear = defineKernel(linearOp, (call) => [product(call)]);

/** The kernel of a product. It normalises the rows if the call has a norm, which on a GPU only calls of few rows have. */
export function product(call: LinearCall): Dispatch {
  const [M, O] = call.outputs.y.shape;
  if (call.adapter.family === "cpu") return tile(call, chooseTile(call.adapter, M, O));
  if (M <= FEW_ROWS) return fewRows(call, atLeast(M, [1, 2, 4, 8]));
  return shared(call, chooseBlock(M, O));
}

/** Results along each side that a thread of a GPU computes. */
export function chooseBlock(M: number, O: number): 4 | 8 {
  return Math.ceil(M / 64) * Math.ceil(O / 64) >= ENOUGH_BLOCKS ? 8 : 4;
}

/**
 * Large tiles are faster where most of their rows and columns are used, and take longer to compile. All projections of
 * a model of width 128 have one size.
 */
export function chooseTile(adapter: Adapter, M: number, O: number): Tile {
  const quads = M > 16 && O > 96 ? 2 : 1;
  if (M <= 2) return { rows: atLeast(M, [1, 2]), quads, shared: false };
  if (broadcasts(adapter)) {
    return { rows: atLeast(M, [8, 16, 32]), quads, shared: true };
  }
  return { rows: atLeast(M, [4, 8, 16]), quads, shared: false };
}

/** The first size that is at least `wanted`, else the last. */
function atLeast(wanted: number, sizes: readonly number[]): number {
  return sizes.find((size) => size >= wanted) ?? sizes[sizes.length - 1];
}
