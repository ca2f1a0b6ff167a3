// From a folder, URL or files to a configuration and the parameters of a model.
import type { HostTensor } from "../device.ts";
import type { DecoderConfig } from "../model/config.ts";
import { parseDecoderConfig } from "../model/decoder_json.ts";
import { type DecoderParams, decoderSchema } from "../model/decoder_schema.ts";
import type { EncoderConfig } from "../model/encoder_config.ts";
import { parseEncoderConfig } from "../model/encoder_json.ts";
import { type EncoderParams, encoderSchema } from "../model/encoder_schema.ts";
import type { Json } from "../model/fields.ts";
import { parametersOf } from "../model/parameters.ts";
import { authorsHint, detectLayout, requireRecursion } from "./authors.ts";
import { readJson } from "./json.ts";
import { nativeLayout } from "./layout.ts";
import { largestDifference, loadParameters } from "./load.ts";
import { matchTensors } from "./match.ts";
import { findName } from "./names.ts";
import type { ReadOptions } from "./safetensors.ts";
import { type Checkpoint, openCheckpoint } from "./shards.ts";
import type { CheckpointSource, SourceOptions } from "./source.ts";

/** Options of opening a model; `onProgress` counts the bytes of the tensors that are needed. */
export interface OpenOptions<T = HostTensor> extends SourceOptions, ReadOptions {
  /** Makes the leaf of a loaded tensor; the tensor on the host unless given. */
  readonly place?: (host: HostTensor) => T | Promise<T>;
}

/** Options of {@link openDecoder}. */
export interface OpenDecoderOptions<T = HostTensor> extends OpenOptions<T> {
  /** Replaces the `recursion` of config.json (recursion.md §9); files of the MoR authors need it. */
  readonly recursion?: Json;
}

/** Options of {@link openEncoder}. */
export interface OpenEncoderOptions<T = HostTensor> extends OpenOptions<T> {
  /** Whether the masked-language head must be there (default) or may be missing, as in base models. */
  readonly head?: "required" | "optional";
}

/** A decoder's configuration and weights. */
export interface OpenedDecoder<T = HostTensor> {
  /** Sizes, sharing, routing. */
  readonly config: DecoderConfig;
  /** Weights, on the host unless they were placed elsewhere. */
  readonly params: DecoderParams<T>;
  /** `config.json` as it was read. */
  readonly json: Json;
  /** Where it came from. */
  readonly checkpoint: Checkpoint;
}

/** An encoder's configuration and weights. */
export interface OpenedEncoder<T = HostTensor> {
  /** Sizes, groups, experts. */
  readonly config: EncoderConfig;
  /** Weights, on the host unless they were placed elsewhere. */
  readonly params: EncoderParams<T>;
  /** False if `head: "optional"` and part of the masked-language head is missing: `params.head` must not be used. */
  readonly hasHead: boolean;
  /** `config.json` as it was read. */
  readonly json: Json;
  /** Where it came from. */
  readonly checkpoint: Checkpoint;
}

/**
 * Opens a decoder: ours, plain Llama or SmolLM, or a file of the MoR authors' trainer, told apart by their names. The head
 * is tied unless `lm_head.weight` exists (a head that config.json calls tied and that equals the embedding is tied too).
 *
 * @throws if config.json or a file is not right, the tensors do not fit it, or an authors' file lacks recursion options
 *
 * ```ts
 * const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert" };
 * const open = async () => await openDecoder("models/authors", { recursion });
 * ```
 */
export async function openDecoder<T = HostTensor>(
  from: CheckpointSource,
  { recursion, signal, onProgress, place }: OpenDecoderOptions<T> = {},
): Promise<OpenedDecoder<T>> {
  const checkpoint = await openCheckpoint(from, { signal });
  const json = await readJson(checkpoint.source);
  const hint = authorsHint(checkpoint);
  if (hint) requireRecursion(checkpoint.source.name, hint, Boolean(recursion ?? json.recursion));
  const bias = checkpoint.names().some((name) => name.endsWith("router_bias"));
  const config = parseDecoderConfig(json, { recursion, tied: await isTied(checkpoint, json), bias });
  const layout = detectLayout(checkpoint, config, hint);
  const schema = decoderSchema(config);
  const params = await loadParameters<DecoderParams<T>>(checkpoint, schema, layout, {
    optional: (part) => part === "model.recursion.router_bias", // absent: zero
    signal,
    onProgress,
    place,
  });
  return { config, params, json, checkpoint };
}

/**
 * Opens an encoder: ModernALBERT or ModernBERT, whose base models may leave `model.` out of the names.
 *
 * @throws if config.json or a file is not right, or the tensors do not fit it
 *
 * ```ts
 * const open = async () => await openEncoder("models/encoder", { head: "optional" });
 * ```
 */
export async function openEncoder<T = HostTensor>(
  from: CheckpointSource,
  { head = "required", signal, onProgress, place }: OpenEncoderOptions<T> = {},
): Promise<OpenedEncoder<T>> {
  const checkpoint = await openCheckpoint(from, { signal });
  const json = await readJson(checkpoint.source);
  const config = parseEncoderConfig(json);
  const schema = encoderSchema(config);
  const ofHead = new Set(parametersOf(schema.head).flatMap(({ parts }) => parts.map(({ name }) => name)));
  const parts = parametersOf(schema).flatMap((leaf) => leaf.parts);
  const { missing } = matchTensors(checkpoint, parts, nativeLayout);
  const params = await loadParameters<EncoderParams<T>>(checkpoint, schema, nativeLayout, {
    optional: (part) => head === "optional" && ofHead.has(part),
    signal,
    onProgress,
    place,
  });
  return { config, params, hasHead: !missing.some(({ part }) => ofHead.has(part)), json, checkpoint };
}

async function isTied(checkpoint: Checkpoint, json: Json): Promise<boolean> {
  const names = checkpoint.names();
  const head = findName(names, "lm_head.weight");
  if (head === undefined) return true;
  const embedding = findName(names, "model.embed_tokens.weight");
  if (json.tie_word_embeddings !== true || embedding === undefined) return false;
  if (checkpoint.entry(head).shape.join() !== checkpoint.entry(embedding).shape.join()) return false;
  return largestDifference(await checkpoint.read(embedding), await checkpoint.read(head)) === 0;
}
