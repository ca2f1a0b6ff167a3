/**
 * Merging the experts of a model: what is left has no routing (arXiv 2512.12880; mol.md §3).
 *
 * @module
 */
import { checkOptions, numbers, oneOf } from "../common/options.ts";
import { fitsFloat32, FLOAT32_SIZES } from "../common/float32.ts";
import { MERGES } from "../op/kinds.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { expertMerge } from "../ops/merge.ts";
import type { MolConfig } from "./config/mol_config.ts";
import type { LayerParams } from "./parameters.ts";

/** How to merge. */
export interface MergeOptions {
  /** Exact mean of the updates (default), or the literal single adapter. */
  mode?: typeof MERGES[number];
  /** Weight of each expert, length E, for all layers; 1/E each unless given. Should sum to 1. */
  weights?: readonly number[];
}

/** The weights q_e of a merge, checked. Throws a RangeError when there are not E that float32 holds, and for unknown modes. */
export function mergeWeights({ E }: MolConfig, options: MergeOptions): Float64Array {
  checkOptions("merge experts", options, { mode: oneOf(MERGES), weights: numbers });
  const { weights } = options;
  if (!weights) return new Float64Array(E).fill(1 / E);
  if (weights.length !== E || !weights.every(fitsFloat32)) {
    throw new RangeError(
      `Cannot merge experts: got weights [${weights}], expected ${E} numbers, each ${FLOAT32_SIZES}`,
    );
  }
  return Float64Array.from(weights);
}

/** A layer whose experts are folded into its feed-forward; layers without experts stay as they are. q [E]. */
export function mergeLayer<T extends Tensor>(
  backend: Backend<T>,
  params: LayerParams<T>,
  { alpha, R }: MolConfig,
  q: T,
  mode: typeof MERGES[number] = "delta",
): LayerParams<T> {
  const { gateUp, down, mol } = params.mlp;
  if (!mol) return params;
  const how = { mode, scale: alpha / R };
  return {
    ...params,
    mlp: {
      gateUp: expertMerge(backend, { w: gateUp, a: mol.inA, b: mol.inB, q }, how),
      down: expertMerge(backend, { w: down, a: mol.outA, b: mol.outB, q }, how),
    },
  };
}
