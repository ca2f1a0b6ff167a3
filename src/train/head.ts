/**
 * The head and its losses part by part: logits of all rows [S, V] never exist at once where the vocabulary is large.
 *
 * @module
 */
import { type Device, hostIndices, type HostTensor, hostTensor } from "../op/device.ts";
import { type Backend, remat, type Tensor } from "../op/op.ts";
import { joinRows } from "../model/join_results.ts";
import { crossEntropy } from "../ops/losses.ts";
import { gather, scatterRows } from "../ops/rows.ts";
import type { TapeOptions } from "../ops/tape.ts";

/** Logits of one part have at most this many elements: 64 MiB. */
const MOST_LOGITS = 2 ** 24;

/** Logits of a part are computed again in the backward pass. */
export const RECOMPUTE_HEAD: TapeOptions = { recompute: ["head"] };

/** How rows are taken part by part: constants on the device, for a number of rows. */
export interface HeadParts<T> {
  /** Where losses are put together, [S, 1]. */
  readonly zeros: T;
  /** Rows of each part, i32. */
  readonly lists: readonly T[];
}

/** Rows of a part for a vocabulary of V, on a device that names the bytes that it binds where they are limited. */
export function partRows(V: number, { maxTensorBytes = Infinity }: { readonly maxTensorBytes?: number } = {}): number {
  return Math.max(1, Math.floor(Math.min(MOST_LOGITS, maxTensorBytes / 4) / V));
}

/** Parts of S rows on the host; undefined where one part holds them all. */
function hostParts(S: number, rows: number): HeadParts<HostTensor> | undefined {
  if (S <= rows) return undefined;
  const lists = Array.from({ length: Math.ceil(S / rows) }, (_, part) => {
    const first = part * rows;
    return hostIndices(Int32Array.from({ length: Math.min(rows, S - first) }, (_, i) => first + i));
  });
  return { zeros: hostTensor([S, 1], new Float32Array(S)), lists };
}

/** The same on a device. */
export function headParts<T extends Tensor>(device: Device<T>, S: number, rows: number): HeadParts<T> | undefined {
  const parts = hostParts(S, rows);
  return parts && { zeros: device.from(parts.zeros), lists: parts.lists.map((list) => device.from(list)) };
}

/** Names the tensors of parts so that a program can take them. */
function nameParts<T>(parts: HeadParts<T> | undefined): Record<string, T> {
  if (!parts) return {};
  return { "head.zeros": parts.zeros, ...Object.fromEntries(parts.lists.map((list, i) => [`head.rows.${i}`, list])) };
}

/** The parts that {@link nameParts} named. */
function namedParts<T>(named: Readonly<Record<string, T>>): HeadParts<T> | undefined {
  if (!("head.zeros" in named)) return undefined;
  const lists: T[] = [];
  while (`head.rows.${lists.length}` in named) lists.push(named[`head.rows.${lists.length}`]);
  return { zeros: named["head.zeros"], lists };
}

/** Where the live rows of each part end, offsets [2] by name: the first `live` of S rows, `rows` a part. */
export function partOffsets(live: number, S: number, rows: number): Record<string, HostTensor> {
  const ends = Array.from({ length: Math.max(1, Math.ceil(S / rows)) }, (_, part) => {
    return [`head.${part}`, hostIndices([0, Math.min(rows, Math.max(0, live - part * rows))])];
  });
  return Object.fromEntries(ends);
}

/** Parts of S rows, all of them live, and their offsets, for {@link headOutputs}. */
export function headInputs(S: number, rows: number): Record<string, HostTensor> {
  return { ...nameParts(hostParts(S, rows)), ...partOffsets(S, S, rows) };
}

/** Frees the constants of parts. */
export function freeParts<T extends Tensor>(device: Device<T>, parts: HeadParts<T> | undefined): void {
  for (const tensor of parts ? [parts.zeros, ...parts.lists] : []) device.free(tensor);
}

/**
 * Losses per row, [S, 1] each, of `compute`, which is given rows of the tensors, and offsets that end with the live ones,
 * and makes logits of them. `named` holds what {@link partOffsets} made; rows that are not live are not read.
 *
 * With parts the logits of one are forgotten before the next, and computed again in the backward pass.
 */
export function headLosses<T extends Tensor>(
  backend: Backend<T>,
  { parts, named }: { parts: HeadParts<T> | undefined; named: Readonly<Record<string, T>> },
  tensors: Readonly<Record<string, T>>,
  compute: (rows: Readonly<Record<string, T>>, offsets: T) => T[],
): T[] {
  if (!parts) return compute(tensors, named["head.0"]);
  return parts.lists.reduce<T[] | undefined>((known, list, part) => {
    const offsets = named[`head.${part}`];
    const some = remat(backend, "head", () => {
      const taken = Object.entries(tensors).map(([name, tensor]) => [name, gather(backend, tensor, list, offsets)]);
      return compute(Object.fromEntries(taken), offsets);
    });
    return some.map((y, i) => scatterRows(backend, { x: known?.[i] ?? parts.zeros, y, rows: list, offsets }));
  }, undefined)!;
}

/**
 * Logits of rows by part, named `logits.0` and so on, and their cross-entropy [M, 1] where there are labels.
 *
 * `logitsOf` is given hidden rows and their offsets. `named` holds the result of {@link headInputs}, and perhaps labels.
 */
export function headOutputs<T extends Tensor>(
  backend: Backend<T>,
  hidden: T,
  named: Readonly<Record<string, T>>,
  logitsOf: (hidden: T, offsets: T) => T,
): { logits: Record<string, T>; nll?: T } {
  const logits: Record<string, T> = {};
  const tensors: Record<string, T> = named.labels ? { hidden, labels: named.labels } : { hidden };
  const [nll] = headLosses<T>(backend, { parts: namedParts(named), named }, tensors, (some, offsets) => {
    const scores = logitsOf(some.hidden, offsets);
    logits[`logits.${Object.keys(logits).length}`] = scores;
    return some.labels ? [crossEntropy(backend, scores, some.labels, offsets)] : [];
  });
  return { logits, nll };
}

/** The logits that {@link headOutputs} named, as one. */
export function joinLogits(named: Readonly<Record<string, HostTensor>>): HostTensor {
  const parts: HostTensor[] = [];
  while (`logits.${parts.length}` in named) parts.push(named[`logits.${parts.length}`]);
  return joinRows(parts);
}
