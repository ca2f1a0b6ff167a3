/**
 * Results of groups of sequences as those of all of them.
 *
 * @module
 */
import type { HostTensor } from "../op/device.ts";
import type { ExpertResult, RecursionResult } from "./results.ts";

type Numbers = HostTensor["data"] | Uint8Array;

/** Vectors of one type, one after the other. */
export function joinData<D extends Numbers>(parts: readonly D[]): D {
  if (parts.length === 1) return parts[0];
  const Vector = parts[0].constructor as new (length: number) => D;
  const all = new Vector(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** Tensors of the same columns, one below the other. */
export function joinRows(parts: readonly HostTensor[]): HostTensor {
  if (parts.length === 1) return parts[0];
  const [{ shape: [, ...row] }] = parts;
  const rows = parts.reduce((sum, { shape }) => sum + shape[0], 0);
  return { shape: [rows, ...row], data: joinData(parts.map(({ data }) => data)) };
}

/** Where all sequences start, from where those of each group do. */
export function joinOffsets(groups: readonly Int32Array[]): Int32Array {
  let first = 0;
  const starts = groups.map((offsets) => {
    const shifted = offsets.map((row) => row + first);
    first = shifted[shifted.length - 1];
    return shifted;
  });
  return joinData(starts.map((offsets, group) => group === 0 ? offsets : offsets.subarray(1)));
}

/** What each recursion did in all groups. */
export function joinRecursions(groups: readonly (readonly RecursionResult[])[]): RecursionResult[] {
  return groups[0].map(({ scores }, r) => ({
    active: joinData(groups.map((group) => group[r].active)),
    scores: scores && joinData(groups.map((group) => group[r].scores!)),
  }));
}

/** Every use of experts in all groups, whose rows begin at `starts`. */
export function joinExperts(groups: readonly (readonly ExpertResult[])[], starts: readonly number[]): ExpertResult[] {
  return groups[0].map((use, i) => ({
    ...use,
    rows: joinData(groups.map((group, g) => group[i].rows.map((row) => row + starts[g]))),
    experts: joinData(groups.map((group) => group[i].experts)),
    weights: joinData(groups.map((group) => group[i].weights)),
  }));
}
