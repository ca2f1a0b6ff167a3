/**
 * The head and its losses part by part: logits of all rows [S, V] never exist at once where the vocabulary is large.
 *
 * @module
 */
import { type Device, hostIndices, type HostTensor, hostTensor } from "../device.ts";
import { type Backend, segment, type Tensor } from "../op.ts";
import { gather, scatterRows } from "../ops/rows.ts";

/** Logits of one part have at most this many elements: 64 MiB. */
const MOST_LOGITS = 2 ** 24;

/** How rows are taken part by part: constants on the device, for a number of rows. */
export interface HeadParts<T> {
  /** Where losses are put together, [S, 1]. */
  readonly zeros: T;
  /** Rows of each part, i32. */
  readonly lists: readonly T[];
}

/** Rows of a part for a vocabulary of V. */
export function partRows(V: number, most = MOST_LOGITS): number {
  return Math.max(1, Math.floor(most / V));
}

/** Parts of S rows for a vocabulary of V; undefined where one part holds them all. */
export function headParts<T extends Tensor>(device: Device<T>, S: number, rows: number): HeadParts<T> | undefined {
  if (S <= rows) return undefined;
  const lists = Array.from({ length: Math.ceil(S / rows) }, (_, part) => {
    const first = part * rows;
    return device.from(hostIndices(Int32Array.from({ length: Math.min(rows, S - first) }, (_, i) => first + i)));
  });
  return { zeros: device.from(hostTensor([S, 1], new Float32Array(S))), lists };
}

/** Where the live rows of each part end, offsets [2] by name: the first `live` of S rows, `rows` a part. */
export function partOffsets(live: number, S: number, rows: number): Record<string, HostTensor> {
  const ends = Array.from({ length: Math.max(1, Math.ceil(S / rows)) }, (_, part) => {
    return [`head.${part}`, hostIndices([0, Math.min(rows, Math.max(0, live - part * rows))])];
  });
  return Object.fromEntries(ends);
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
    const some = segment(backend, "head", () => {
      const taken = Object.entries(tensors).map(([name, tensor]) => [name, gather(backend, tensor, list, offsets)]);
      return compute(Object.fromEntries(taken), offsets);
    });
    return some.map((y, i) => scatterRows(backend, { x: known?.[i] ?? parts.zeros, y, rows: list, offsets }));
  }, undefined)!;
}
