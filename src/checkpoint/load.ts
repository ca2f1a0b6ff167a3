// Loads the parameters of a model from the tensors of a checkpoint.
import { type HostTensor, hostTensor } from "../op/device.ts";
import { sizeOf } from "../op/op.ts";
import { mapParams, type Parameter, parametersOf } from "../model/parameters.ts";
import { refuseInfinite } from "./finite.ts";
import type { TensorEntry } from "./header.ts";
import { type Layout, nativeLayout } from "./layout.ts";
import { type Match, matchTensors, refuseMismatch } from "./match.ts";
import { quote } from "./messages.ts";
import { inParallel } from "./parallel.ts";
import type { Progress, ReadOptions } from "./safetensors.ts";
import type { Checkpoint } from "./shards.ts";

/** Options of loading parameters; `onProgress` counts the bytes of the tensors that are needed. */
export interface LoadParametersOptions extends ReadOptions {
  /** Aborts before the next tensor, rejecting with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Whether a part, by its name in the schema, may be missing: it is then zero. No part may be missing unless given. */
  readonly optional?: (part: string) => boolean;
  /** Converts a loaded tensor to a leaf, such as a tensor on a device; identity unless given. */
  readonly convert?: (host: HostTensor) => unknown;
}

const AT_ONCE = 4; // concurrent reads: they overlap network latency, and each takes memory

/**
 * Loads the parameters of a schema: the same record with host tensors for leaves. All names, shapes and element types
 * are compared before the first tensor is read.
 *
 * @throws one error that lists missing, unexpected and misshapen tensors; naming two copies of one parameter that differ; or naming tensor and index of a number that is NaN or infinite as float32
 *
 * ```ts
 * import { encodeSafetensors } from "./write.ts";
 * import { openCheckpoint } from "./shards.ts";
 * import { parameter } from "../model/parameters.ts";
 * const file = new Blob([...encodeSafetensors([{ name: "w", shape: [1], data: new Float32Array([3]) }])]);
 * const checkpoint = await openCheckpoint({ "model.safetensors": file });
 * const { w } = await loadParameters<{ w: unknown }>(checkpoint, { w: parameter("w", [1]) }); // { shape: [1], data: [3] }
 * ```
 */
export async function loadParameters<P>(
  checkpoint: Checkpoint,
  schema: unknown,
  layout: Layout = nativeLayout,
  { onProgress, signal, optional = () => false, convert = (host) => host }: LoadParametersOptions = {},
): Promise<P> {
  const leaves = parametersOf(schema);
  const match = matchTensors(checkpoint, leaves.flatMap(({ parts }) => parts), layout);
  const absent = new Set(leaves.flatMap(({ parts }) => parts).map(({ name }) => name).filter(optional));
  const missing = match.missing.filter(({ part }) => !absent.has(part));
  refuseMismatch({ ...match, missing }, layout, `load ${checkpoint.source.name}`);
  const read = reader(checkpoint, match, onProgress);
  const loaded = new Map<Parameter, unknown>();
  await inParallel(inFileOrder(leaves, checkpoint, match), AT_ONCE, async (leaf) => {
    loaded.set(leaf, await convert(await loadLeaf(leaf, match, read, signal)));
  });
  await checkpoint.complete();
  return mapParams(schema, (leaf) => loaded.get(leaf)) as P;
}

/** Parameters in the order of their first tensors, so that neighbours in a file are read together. */
function inFileOrder(leaves: readonly Parameter[], checkpoint: Checkpoint, { sources }: Match): Parameter[] {
  const order = new Map(checkpoint.names().map((name, at) => [name, at]));
  const at = ({ parts }: Parameter) =>
    Math.min(...parts.map(({ name }) => order.get(sources.get(name)?.[0]?.name ?? "") ?? Infinity));
  return leaves.map((leaf) => ({ leaf, at: at(leaf) })).sort((a, b) => a.at - b.at || 0).map(({ leaf }) => leaf);
}

type Read = (entry: TensorEntry) => Promise<Float32Array>;

/** Reads tensors, refuses NaN and infinity, and reports the progress over all of them. */
function reader(checkpoint: Checkpoint, { sources }: Match, onProgress?: (progress: Progress) => void): Read {
  const total = [...sources.values()].flat().reduce((sum, { start, end }) => sum + end - start, 0);
  let loaded = 0;
  return async (entry) => {
    let before = 0;
    const numbers = await checkpoint.read(entry.name, {
      onProgress(progress) {
        if (progress.loaded <= before) return;
        loaded += progress.loaded - before;
        before = progress.loaded;
        onProgress?.({ loaded, total });
      },
    });
    refuseInfinite(entry, numbers);
    return numbers;
  };
}

async function loadLeaf({ shape, parts }: Parameter, { sources }: Match, read: Read, signal?: AbortSignal) {
  let data: Float32Array | undefined;
  let at = 0;
  for (const part of parts) {
    const [first, ...copies] = sources.get(part.name) ?? [];
    if (first) {
      signal?.throwIfAborted();
      const numbers = await read(first);
      for (const copy of copies) {
        signal?.throwIfAborted();
        refuseDifference(first.name, numbers, copy.name, await read(copy));
      }
      if (parts.length === 1) data = numbers;
      else (data ??= new Float32Array(sizeOf(shape))).set(numbers, at);
    }
    at += sizeOf(part.shape);
  }
  return hostTensor(shape, data ?? new Float32Array(sizeOf(shape)));
}

function refuseDifference(first: string, a: Float32Array, second: string, b: Float32Array): void {
  const difference = largestDifference(a, b);
  if (difference === 0) return;
  const why = /(?:^|\.)(?:lm_head|decoder)\.weight$/.test(second) ? " (tie_word_embeddings is true)" : "";
  throw new Error(
    `Cannot load ${quote(first)} and ${quote(second)}: they are one tensor of the model${why} but differ by up to ` +
      difference,
  );
}

/** Largest absolute difference of two equally long vectors; NaN if only one of two numbers is NaN. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i])) continue;
    const difference = a[i] === b[i] ? 0 : Math.abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(difference)) return NaN;
  }
  return largest;
}
