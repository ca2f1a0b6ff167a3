/**
 * From lists of ids to rows: sequences one after the other, with their positions and offsets.
 *
 * @module
 */
import { checkSequences } from "../common/options.ts";
import { hostIndices, type HostTensor } from "../op/device.ts";
import type { DecoderConfig } from "./config/config.ts";
import { capacities, keptTokens } from "./config/sharing.ts";

/** Sequences as rows. */
export interface Batch {
  /** Token ids, [M] i32. */
  readonly ids: HostTensor;
  /** Position of every token in its sequence, [M] i32. */
  readonly positions: HostTensor;
  /** Where sequences start, [B+1] i32. */
  readonly offsets: HostTensor;
}

/**
 * Packs sequences into rows.
 *
 * Throws a RangeError for an empty sequence, an id outside the vocabulary, or more tokens than there are positions.
 * `rows` makes room for that many rows, so that batches of near lengths share a compiled program.
 *
 * ```ts
 * import { packRows } from "@refrain/transformers/model";
 * const { offsets } = packRows([[5, 6, 7], [8]], { V: 100, maxPositions: 16 }); // [0, 3, 4]
 * ```
 */
export function packRows(
  sequences: readonly ArrayLike<number>[],
  { V, maxPositions }: { readonly V: number; readonly maxPositions: number },
  rows?: number,
): Batch {
  checkSequences("run the model", sequences);
  if (sequences.length === 0) throw new RangeError("Cannot run the model: there are no sequences");
  const lengths = sequences.map(({ length }) => length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const M = Math.max(rows ?? 0, total);
  const [ids, positions, offsets] = [new Int32Array(M), new Int32Array(M), new Int32Array(sequences.length + 1)];
  let row = 0;
  sequences.forEach((sequence, b) => {
    const { length } = sequence;
    if (length === 0) throw new RangeError(`Cannot run the model: sequence ${b} is empty`);
    if (length > maxPositions) {
      throw new RangeError(
        `Cannot run the model: sequence ${b} has ${length} tokens, ${maxPositions} positions is the most`,
      );
    }
    for (let t = 0; t < length; t++, row++) {
      const id = sequence[t];
      if (!isId(id, V)) {
        throw new RangeError(
          `Cannot run the model: id ${id} at ${t} of sequence ${b} is outside the vocabulary of ${V}`,
        );
      }
      ids[row] = id;
      positions[row] = t;
    }
    offsets[b + 1] = row;
  });
  return { ids: hostIndices(ids), positions: hostIndices(positions), offsets: hostIndices(offsets) };
}

/** Room for a count, so that groups of near sizes replay one program: the next of 32, 48, 64, 96, 128, … */
export function groupRoom(count: number): number {
  const power = 2 ** Math.max(5, Math.ceil(Math.log2(count)));
  return power > 32 && count <= 0.75 * power ? 0.75 * power : power;
}

/** Packs sequences as {@link packRows} does, with room for more rows, and for more sequences, which are empty. */
export function packGroup(
  sequences: readonly ArrayLike<number>[],
  sizes: { readonly V: number; readonly maxPositions: number },
): Batch {
  const total = sequences.reduce((sum, { length }) => sum + length, 0);
  const { ids, positions, offsets } = packRows(sequences, sizes, groupRoom(total));
  const ends = new Int32Array(groupRoom(sequences.length) + 1).fill(total);
  ends.set(offsets.data);
  return { ids, positions, offsets: hostIndices(ends) };
}

/** Whether a number is an id of a vocabulary of V. */
export function isId(id: number, V: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < V;
}

/** Tokens of each sequence of a batch. */
export function lengthsOf({ offsets: { data } }: Batch): number[] {
  return Array.from({ length: data.length - 1 }, (_, b) => data[b + 1] - data[b]);
}

/** Tokens of the longest sequence. */
export function longest(sequences: readonly ArrayLike<number>[]): number {
  return sequences.reduce((most, { length }) => Math.max(most, length), 0);
}

/** Rows to pack M tokens into, so that growing texts replay the same program: the next multiple of 32. */
export function roomFor(M: number): number {
  return Math.ceil(M / 32) * 32;
}

/** The rows of tokens from[b] to to[b] − 1 of every sequence of a batch, with room as {@link roomFor} makes it. */
export function cutRows({ ids, positions, offsets }: Batch, from: readonly number[], to: readonly number[]): Batch {
  const ends = [0];
  to.forEach((end, b) => ends.push(ends[b] + end - from[b]));
  const cut = ({ data }: HostTensor) => {
    const rows = new Int32Array(roomFor(ends[to.length]));
    to.forEach((end, b) => rows.set(data.subarray(offsets.data[b] + from[b], offsets.data[b] + end), ends[b]));
    return hostIndices(rows);
  };
  return { ids: cut(ids), positions: cut(positions), offsets: hostIndices(ends) };
}

/** Rows that each recursion keeps of each sequence, N × [B]: k_r = max(1, int(c_r·T)) of its own length. */
export function capacityRows({ recursion }: DecoderConfig, lengths: readonly number[]): HostTensor[] {
  return capacities(recursion).map((capacity) => hostIndices(lengths.map((T) => keptTokens(capacity, T))));
}

/** Labels of next-token prediction: every row's next id, −100 at the end of a sequence. */
export function nextTokenLabels({ ids, offsets }: Batch): HostTensor {
  const labels = new Int32Array(ids.data.length).fill(-100);
  for (let b = 0; b + 1 < offsets.data.length; b++) {
    for (let m = offsets.data[b]; m + 1 < offsets.data[b + 1]; m++) labels[m] = ids.data[m + 1];
  }
  return hostIndices(labels);
}

/**
 * Labels of sequences as rows, [M] i32. Throws a RangeError unless there is one for every token: −100, which is not
 * scored, or an id of the vocabulary of V.
 */
export function packLabels(
  sequences: readonly ArrayLike<number>[],
  labels: readonly ArrayLike<number>[],
  V: number,
): HostTensor {
  if (labels.length !== sequences.length) {
    throw new RangeError(`Cannot score: ${labels.length} lists of labels for ${sequences.length} sequences`);
  }
  labels.forEach((list, b) => {
    if (list.length !== sequences[b].length) {
      throw new RangeError(`Cannot score: sequence ${b} has ${sequences[b].length} tokens and ${list.length} labels`);
    }
    for (let t = 0; t < list.length; t++) {
      if (list[t] === -100 || isId(list[t], V)) continue;
      throw new RangeError(
        `Cannot score: label ${list[t]} at ${t} of sequence ${b} is outside the vocabulary of ${V}, and not -100`,
      );
    }
  });
  return hostIndices(labels.flatMap((list) => Array.from(list)));
}

/** Positions in a sequence of T tokens, [R] i32. Throws a RangeError for one outside it. */
export function packPositions(positions: ArrayLike<number>, T: number): HostTensor {
  const wrong = Array.from(positions).find((position) => !isId(position, T));
  if (wrong === undefined) return hostIndices(positions);
  throw new RangeError(`Cannot run the model: row ${wrong} is outside the sequence of ${T} tokens`);
}
