/**
 * Expert merging: the experts of a layer become part of its feed-forward (arXiv 2512.12880; docs/mol.md, "Expert merging").
 *
 * @module
 */
import { fitsFloat32, FLOAT32_SIZES } from "../common/float32.ts";
import { checkOptions, either, listOf, number, numbers, oneOf, text } from "../common/options.ts";
import type { Device } from "../op/device.ts";
import { MERGES } from "../op/kinds.ts";
import type { Tensor } from "../op/op.ts";
import { expertMerge } from "../ops/merge.ts";
import type { MolConfig } from "./config/mol_config.ts";
import type { LayerParams } from "./parameters.ts";
import type { ExpertResult } from "./results.ts";

/** How to merge. */
export interface MergeOptions {
  /** Exact mean of the updates (default), or the literal single adapter. */
  mode?: typeof MERGES[number];
  /** Weight of each expert, length E, for all layers; 1/E each unless given. Should sum to 1. */
  weights?: readonly number[];
  /** Texts, or sequences of ids: the weights of each layer become the EMA of its routing weights over them. */
  calibration?: readonly (string | ArrayLike<number>)[];
  /** β of that EMA, from 0 up to but not including 1; 0.99 unless given. */
  decay?: number;
}

/** Merge weights q_e of each layer with experts, [E]. */
export type MergeWeights = ReadonlyMap<number, Float64Array>;

const kinds = {
  mode: oneOf(MERGES),
  weights: numbers,
  calibration: listOf(either(text, numbers), "texts or lists of numbers"),
  decay: number,
};

/** Throws a RangeError for unknown options and modes, weights that are not E numbers of float32, and a calibration or decay out of range. */
export function checkMerge({ E }: MolConfig, options: MergeOptions): void {
  checkOptions("merge experts", options, kinds);
  const { weights, calibration, decay } = options;
  const refuse = (reason: string): never => {
    throw new RangeError(`Cannot merge experts: ${reason}`);
  };
  if (weights && (weights.length !== E || !weights.every(fitsFloat32))) {
    refuse(`got weights [${weights}], expected ${E} numbers, each ${FLOAT32_SIZES}`);
  }
  if (weights && calibration) refuse("weights and a calibration exclude each other");
  if (calibration?.length === 0) refuse("the calibration has no sequences");
  if (decay === undefined) return;
  if (!calibration) refuse(`the decay ${decay} needs a calibration`);
  if (!(decay >= 0 && decay < 1)) refuse(`decay is ${decay}, expected a number from 0 up to but not including 1`);
}

/** Mean over tokens of a layer's routing weights, [E]: 0 for experts that a token did not choose. NaN without tokens. */
export function meanRouting(E: number, uses: readonly ExpertResult[]): Float64Array {
  const mean = new Float64Array(E);
  const tokens = uses.reduce((sum, { rows }) => sum + rows.length, 0);
  for (const { experts, weights } of uses) experts.forEach((e, slot) => mean[e] += weights[slot] / tokens);
  return mean;
}

/** One update of the EMA: β·q + (1 − β)·mean (docs/mol.md, "EMA merging"). */
export function emaUpdate(q: Float64Array, mean: Float64Array, decay: number): Float64Array {
  return q.map((value, e) => decay * value + (1 - decay) * mean[e]);
}

/** What merge weights are made from. */
export interface MergeInputs {
  /** The experts. */
  readonly mol: MolConfig;
  /** How to merge. */
  readonly options: MergeOptions;
  /** Ids of a text. */
  readonly idsOf: (text: string) => ArrayLike<number>;
  /** Forward pass over sequences of ids. */
  readonly route: (sequences: readonly ArrayLike<number>[]) => Promise<{ readonly experts: readonly ExpertResult[] }>;
}

/**
 * Merge weights of every layer: uniform, given, or the EMA over the calibration sequences. A layer that routes none of a
 * sequence's tokens keeps its weights.
 *
 * Throws as {@link checkMerge} does, and an Error for routing weights that are not finite.
 */
export async function mergeWeights({ mol, options, idsOf, route }: MergeInputs): Promise<MergeWeights> {
  checkMerge(mol, options);
  const { weights, calibration = [], decay = 0.99 } = options, { E, layers } = mol;
  const q = new Map<number, Float64Array>(
    layers.map((layer) => [layer, Float64Array.from(weights ?? new Array(E).fill(1 / E))]),
  );
  for (const [index, sequence] of calibration.entries()) {
    const { experts } = await route([typeof sequence === "string" ? idsOf(sequence) : sequence]);
    for (const layer of layers) {
      const uses = experts.filter((use) => use.layer === layer && use.rows.length > 0);
      if (uses.length === 0) continue;
      const mean = meanRouting(E, uses);
      if (!mean.every(Number.isFinite)) {
        const which = `layer ${layer} over calibration sequence ${index + 1}`;
        throw new Error(`Cannot merge experts: the mean routing weights of ${which} are [${mean}]`);
      }
      q.set(layer, emaUpdate(q.get(layer)!, mean, decay));
    }
  }
  return q;
}

/**
 * Folds the experts of every layer into its feed-forward, and returns what `read` makes of the layers. Layers without
 * experts stay as they are.
 *
 * Throws an Error when the model has no experts, a RangeError for options out of range, and what the forward pass throws
 * for calibration sequences.
 */
export async function mergeExperts<T extends Tensor, R>(
  device: Device<T>,
  layers: readonly LayerParams<T>[],
  { mol, ...inputs }: Omit<MergeInputs, "mol"> & { readonly mol?: MolConfig },
  read: (layers: LayerParams<T>[]) => Promise<R>,
): Promise<R> {
  if (!mol) throw new Error("Cannot merge experts: this model has none");
  const weights = await mergeWeights({ mol, ...inputs }), { mode = "delta" } = inputs.options;
  const how = { mode, scale: mol.alpha / mol.R }, allocated: T[] = [];
  const merged = layers.map((params, layer) => {
    const { gateUp, down, mol: experts } = params.mlp;
    if (!experts) return params;
    const q = device.from({ shape: [mol.E], data: weights.get(layer)! });
    allocated.push(q);
    const mlp = {
      gateUp: expertMerge(device, { w: gateUp, a: experts.inA, b: experts.inB, q }, how),
      down: expertMerge(device, { w: down, a: experts.outA, b: experts.outB, q }, how),
    };
    return { ...params, mlp };
  });
  try {
    return await read(merged);
  } finally {
    for (const q of allocated) device.free(q);
  }
}
