// Opens the configuration and the parameters of a model from a folder, URL or files.
import { requireChoice } from "../common/choices.ts";
import type { HostTensor } from "../op/device.ts";
import type { DecoderConfig } from "../model/config/config.ts";
import { parseDecoderConfig } from "../model/config/decoder_json.ts";
import { type DecoderParams, decoderSchema } from "../model/decoder_schema.ts";
import type { EncoderConfig } from "../model/config/encoder_config.ts";
import { parseEncoderConfig } from "../model/config/encoder_json.ts";
import { type EncoderParams, encoderSchema } from "../model/encoder_schema.ts";
import { modelTypeOf } from "../model/config/keys/tables.ts";
import { type SpecialIds, specialNames } from "../model/config/token_ids.ts";
import type { Json } from "../model/config/fields.ts";
import { parametersOf } from "../model/parameters.ts";
import { authorsHint, detectLayout, requireRecursion } from "./authors.ts";
import { readJson } from "./json.ts";
import { nativeLayout } from "./layout.ts";
import { loadParameters } from "./load.ts";
import { matchTensors } from "./match.ts";
import { findName } from "./names.ts";
import type { ReadOptions } from "./safetensors.ts";
import { type Checkpoint, openCheckpoint } from "./shards.ts";
import type { CheckpointSource, Source, SourceOptions } from "./source.ts";
import { resolveEnds, tokenizerIds } from "./token_ids.ts";

/** Options of opening a model; `onProgress` counts the bytes of the tensors that are needed. */
export interface OpenModelOptions<T = HostTensor> extends SourceOptions, ReadOptions {
  /** Converts a loaded tensor to a leaf; identity unless given. */
  readonly convert?: (host: HostTensor) => T | Promise<T>;
}

/** Options of {@link openDecoder}. */
export interface OpenDecoderOptions<T = HostTensor> extends OpenModelOptions<T> {
  /** Replaces the `recursion` of config.json (docs/mor.md, "Checkpoint names"); files of the MoR authors need it. */
  readonly recursion?: Json;
}

/** Options of {@link openEncoder}. */
export interface OpenEncoderOptions<T = HostTensor> extends OpenModelOptions<T> {
  /** Whether the masked-language head must be there (default) or may be missing, as in base models. */
  readonly head?: "required" | "optional";
}

/** Configuration and weights of an opened model. */
export interface OpenedModel<C, P> {
  /** Configuration. */
  readonly config: C;
  /** Weights, on the host unless `convert` is given. */
  readonly params: P;
  /** The parsed `config.json`. */
  readonly json: Json;
  /** The checkpoint. */
  readonly checkpoint: Checkpoint;
}

/** An opened decoder. */
export type OpenedDecoder<T = HostTensor> = OpenedModel<DecoderConfig, DecoderParams<T>>;

/** An opened encoder. */
export interface OpenedEncoder<T = HostTensor> extends OpenedModel<EncoderConfig, EncoderParams<T>> {
  /** False if `head: "optional"` and part of the masked-language head is missing: `params.head` must not be used. */
  readonly hasHead: boolean;
}

/**
 * Opens a decoder: ours, plain Llama or SmolLM, or a file of the MoR authors' trainer, recognised by tensor names. End tokens come
 * from generation_config.json, else of config.json or its class, else of the tokenizer. A tied head may be
 * stored as a copy of the embedding; an untied one must be present.
 *
 * @throws if config.json or a file is invalid, tensors do not match it, or recursion options of an authors' file are missing
 *
 * ```ts
 * const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert" };
 * const open = async () => await openDecoder("models/authors", { recursion });
 * ```
 */
export async function openDecoder<T = HostTensor>(
  from: CheckpointSource | Source,
  { recursion, signal, onProgress, convert }: OpenDecoderOptions<T> = {},
): Promise<OpenedDecoder<T>> {
  const checkpoint = await openCheckpoint(from, { signal });
  const json = await readJson(checkpoint.source);
  const hint = authorsHint(checkpoint);
  if (hint) requireRecursion(checkpoint.source.name, hint, Boolean(recursion ?? json.recursion));
  const bias = checkpoint.names().some((name) => name.endsWith("router_bias"));
  const tied = isTied(checkpoint, json, hint !== undefined || recursion !== undefined);
  const parsed = parseDecoderConfig(json, { recursion, tied, bias, action: reading(checkpoint) });
  const config = { ...parsed, ...await resolveEnds(checkpoint.source, parsed, parsed.V) };
  const layout = detectLayout(checkpoint, config, hint);
  const schema = decoderSchema(config);
  const params = await loadParameters<DecoderParams<T>>(checkpoint, schema, layout, {
    optional: (part) => part === "model.recursion.router_bias", // absent: zero
    signal,
    onProgress,
    convert,
  });
  return { config, params, json, checkpoint };
}

/**
 * Opens an encoder: ModernALBERT or ModernBERT, whose base models may leave `model.` out of the names. Special
 * tokens missing in config.json and its class come from the tokenizer.
 *
 * @throws if config.json or a file is invalid, or tensors do not match it
 *
 * ```ts
 * const open = async () => await openEncoder("models/encoder", { head: "optional" });
 * ```
 */
export async function openEncoder<T = HostTensor>(
  from: CheckpointSource | Source,
  { head = "required", signal, onProgress, convert }: OpenEncoderOptions<T> = {},
): Promise<OpenedEncoder<T>> {
  requireChoice("open an encoder", "head", head, ["required", "optional"]);
  const checkpoint = await openCheckpoint(from, { signal });
  const json = await readJson(checkpoint.source);
  const parsed = parseEncoderConfig(json, { action: reading(checkpoint) });
  const config = { ...parsed, ids: await resolveSpecialIds(checkpoint, json, parsed) };
  const schema = encoderSchema(config);
  const ofHead = new Set(parametersOf(schema.head).flatMap(({ parts }) => parts.map(({ name }) => name)));
  const parts = parametersOf(schema).flatMap((leaf) => leaf.parts);
  const { missing } = matchTensors(checkpoint, parts, nativeLayout);
  const params = await loadParameters<EncoderParams<T>>(checkpoint, schema, nativeLayout, {
    optional: (part) => head === "optional" && ofHead.has(part),
    signal,
    onProgress,
    convert,
  });
  return { config, params, hasHead: !missing.some(({ part }) => ofHead.has(part)), json, checkpoint };
}

function reading({ source }: Checkpoint): string {
  return `read config.json of ${source.name}`;
}

/** Special tokens of an encoder: from config.json, its class, or else the tokenizer. */
async function resolveSpecialIds({ source }: Checkpoint, json: Json, { V, ids }: EncoderConfig): Promise<SpecialIds> {
  const absent = specialNames.some((name) => json[`${name}_token_id`] === undefined);
  if (!absent) return ids;
  return parseEncoderConfig(json, { ids: await tokenizerIds(source, V) }).ids;
}

/**
 * Whether the head is the embedding; undefined if config.json or its class decides (Llama's class: untied). Files of
 * recursive decoders and of the MoR authors without the key have a head tensor only if it is untied.
 */
function isTied(checkpoint: Checkpoint, json: Json, recursive: boolean): boolean | undefined {
  const given = json.tie_word_embeddings ?? undefined;
  const ofClass = modelTypeOf(json) === "llama" && !recursive && json.recursion === undefined;
  if (given !== undefined || ofClass) return undefined;
  return findName(checkpoint.names(), "lm_head.weight") === undefined;
}
