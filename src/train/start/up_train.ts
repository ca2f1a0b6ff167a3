/**
 * Up-training: a recursive or Mixture-of-Recursions decoder from one whose layers are not shared (docs/mor.md,
 * "Up-training").
 *
 * @module
 */
import { requireChoice } from "../../common/choices.ts";
import type { HostTensor } from "../../op/device.ts";
import type { DecoderConfig } from "../../model/config/config.ts";
import { type DecoderParams, decoderSchema } from "../../model/decoder_schema.ts";
import type { LayerParams } from "../../model/parameters.ts";
import { blockLayers, outerLayers, uniqueLayer, uniqueLayers } from "../../model/config/sharing.ts";
import { drawnLayers, spacedLayers } from "./layers.ts";
import { meanOf, requireSame, type StartingPoint, startingPoint, type Trained } from "./starting_point.ts";

/** Choice of the block's layers in a deeper stack (arXiv 2507.10524; docs/mor.md, "Up-training"). */
export type UpTraining = "stepwise" | "average" | "lower" | "upper" | "random";

const SIZES = ["D", "F", "V", "H", "G", "K"] as const;

/** Options of {@link upTrain}. */
export interface UpTrainOptions {
  /** Choice of the block's layers; `stepwise` unless given. */
  readonly method?: UpTraining;
  /** Seed of random weights, and of the layers that `random` draws; 0 unless given. */
  readonly seed?: number;
}

/**
 * Source layers of each unique layer of a target, in a source of L layers; several are averaged.
 *
 * The first and the last layer of the Middle variants start from the source's, the block of b layers from those between:
 *
 * - `stepwise`: round(linspace(first, last, b)), halves to even; a block of one layer takes the first;
 * - `lower`, `upper`: the first b, the last b;
 * - `random`: b distinct ones drawn with `seed`, ascending (the released code);
 * - `average`: the mean of the layers that share weights under the target's sharing. In the papers the source is as deep
 *   as the target; here its inner layers may be any multiple of b.
 *
 * @throws RangeError when the source has too few layers, or too many or few to average, naming the numbers that fit
 */
export function upTrainingLayers(
  L: number,
  target: Pick<DecoderConfig, "L" | "recursion">,
  method: UpTraining,
  seed = 0,
): number[][] {
  requireChoice("up-train", "method", method, ["stepwise", "average", "lower", "upper", "random"]);
  const { sharing } = target.recursion;
  const [b, outer] = [blockLayers(target), outerLayers(sharing)];
  const around = outer ? " and the first and last" : "";
  if (L < b + outer) {
    const needs = `a block of ${b} layers${around} needs a source of at least ${b + outer} layers`;
    throw new RangeError(`Cannot up-train: ${needs}, it has ${L}`);
  }
  const [first, last] = [outer / 2, L - 1 - outer / 2];
  const block = method === "average"
    ? sharedLayers(L, target)
    : chosenLayers(first, last, b, method, seed).map((layer) => [layer]);
  return outer ? [[0], ...block, [L - 1]] : block;
}

function chosenLayers(first: number, last: number, b: number, method: UpTraining, seed: number): number[] {
  if (method === "stepwise") return spacedLayers(first, last, b);
  if (method === "random") return drawnLayers(first, last, b, seed);
  const from = method === "lower" ? first : last - b + 1;
  return Array.from({ length: b }, (_, j) => from + j);
}

/** For each layer of the block, the inner layers of a source of L layers that would share its weights. */
function sharedLayers(L: number, target: Pick<DecoderConfig, "L" | "recursion">): number[][] {
  const [b, outer] = [blockLayers(target), outerLayers(target.recursion.sharing)];
  const inner = L - outer;
  if (inner % b !== 0) {
    const fits = [Math.floor(inner / b), Math.ceil(inner / b)].map((N) => N * b + outer);
    const what = outer ? `${L} source layers less the first and last` : `${L} source layers`;
    throw new RangeError(
      `Cannot up-train: ${what} do not divide by the ${b} of the block, so that they cannot be averaged; ` +
        `${fits.join(" or ")} layers would`,
    );
  }
  const shared = { L, recursion: { ...target.recursion, N: inner / b } };
  const layers = Array.from({ length: inner }, (_, i) => i + outer / 2);
  const u = (j: number) => j + outer / 2;
  return Array.from({ length: b }, (_, j) => layers.filter((l) => uniqueLayer(shared, l) === u(j)));
}

/** A layer without its experts. */
function withoutExperts<T>({ mlp: { gateUp, down }, ...layer }: LayerParams<T>): LayerParams<T> {
  return { ...layer, mlp: { gateUp, down } };
}

/**
 * Initialises a recursive or Mixture-of-Recursions decoder from a decoder without sharing. Embedding, final norm and head
 * are copied, layers are chosen by the method, routers and experts are random. A target with an untied head takes the
 * embedding of a source with a tied one.
 *
 * The gate of expert-choice then scales the block's output (α = 0.1), as in the paper, without a correction.
 *
 * @throws RangeError when the source shares layers, sizes differ, the target cannot keep the source's head, or as
 * {@link upTrainingLayers} does
 *
 * ```ts
 * import { type DecoderParams, decoderSchema, type HostTensor } from "@refrain/transformers/model";
 * import { initialize, parseDecoderConfig } from "@refrain/transformers/model";
 * import { upTrain } from "@refrain/transformers/train";
 * const sizes = { hidden_size: 8, intermediate_size: 16, num_attention_heads: 2, vocab_size: 32 };
 * const config = parseDecoderConfig({ ...sizes, num_hidden_layers: 5 });
 * const params = initialize<DecoderParams<HostTensor>>(decoderSchema(config), 1);
 * const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert" };
 * const target = parseDecoderConfig({ ...sizes, num_hidden_layers: 11, recursion });
 * upTrain({ config, params }, target).layers; // [[0], [1], [2], [3], [4]]
 * ```
 */
export function upTrain(
  source: Trained<DecoderConfig, DecoderParams<HostTensor>>,
  target: DecoderConfig,
  { method = "stepwise", seed = 0 }: UpTrainOptions = {},
): StartingPoint<DecoderParams<HostTensor>> {
  const { config, params } = source;
  if (uniqueLayers(config) !== config.L) {
    const shares = `shares ${uniqueLayers(config)} layers over ${config.L} (${config.recursion.sharing})`;
    throw new RangeError(`Cannot up-train: the source ${shares}, expected one that shares none`);
  }
  requireSame("up-train", config, target, SIZES);
  if (target.tied && params.head) {
    throw new RangeError("Cannot up-train: the source has a head of its own, the target's is tied to its embedding");
  }
  const layers = upTrainingLayers(config.L, target, method, seed);
  const schema = decoderSchema(target);
  const plain = params.layers.map(withoutExperts);
  const from = (sources: readonly number[], u: number) =>
    meanOf(withoutExperts(schema.layers[u]), sources.map((l) => plain[l]));
  const { embedding, norm, head } = params;
  const given = { embedding, norm, head: head ?? embedding, layers: layers.map(from) };
  const used = {
    embedding,
    norm,
    head,
    layers: plain.map((layer, l) => layers.flat().includes(l) ? layer : undefined),
  };
  return startingPoint({ schema, given, seed }, { schema: decoderSchema(config), used }, { layers });
}
