/**
 * Batches of a token stream. A batch is a function of its step, so that resuming needs the step only.
 *
 * @module
 */
import { hostIndices, type HostTensor } from "../../op/device.ts";
import { type Batch, packRows } from "../../model/batch.ts";
import { demandSeed } from "../../common/whole.ts";
import { permuted } from "./permutation.ts";
import type { TokenReader } from "./reader.ts";

/** The label of a row without a prediction. */
export const NO_LABEL = -100;

/**
 * One microbatch: B sequences of at most T rows each, in the first rows of M = B·T.
 *
 * A window with fewer tokens is a shorter sequence, and a missing one is an empty sequence; there is no padding.
 */
export interface TrainingBatch {
  /** Ids [M], positions from 0 of every sequence [M], offsets of the sequences [B+1]; rows from offsets[B] on are not live. */
  readonly rows: Batch;
  /** The id to predict at every row, −100 where there is none and at rows that are not live, [M] i32. */
  readonly labels: HostTensor;
}

/** Batches by number. */
export interface Batches {
  /** Windows into which the stream is cut. */
  readonly windows: number;
  /** Batches of an epoch, ⌈windows / B⌉. */
  readonly batches: number;
  /**
   * The batch of a step. In shuffled order epochs follow one another without end, and a batch may span two of them. In the
   * order of the stream there are `batches`, and the last sequences of the last batch may be empty.
   *
   * Throws a RangeError for a step that is not a whole number of at least 0 or, in the order of the stream, is `batches` or more.
   */
  batch(step: number): Promise<TrainingBatch>;
}

/** Sizes and order of batches. */
export interface WindowOptions {
  /** Sequences in a batch. */
  readonly B: number;
  /** Rows of a sequence at most. */
  readonly T: number;
  /** Seed of the order, which changes every epoch; the order of the stream unless given. */
  readonly shuffle?: number;
}

/** A sequence of a batch. */
export interface LabelledSequence {
  /** Its ids, at least one. */
  readonly ids: ArrayLike<number>;
  /** The id to predict at each of them, or {@link NO_LABEL}. */
  readonly labels: ArrayLike<number>;
}

/** Packs at most B sequences of at most T ids below V into the rows of a batch. */
export function packBatch(
  sequences: readonly LabelledSequence[],
  { B, T }: Pick<WindowOptions, "B" | "T">,
  V: number,
): TrainingBatch {
  const { offsets, ...rows } = packRows(sequences.map(({ ids }) => ids), { V, maxPositions: T }, B * T);
  const live = offsets.data[sequences.length];
  const ends = new Int32Array(B + 1).fill(live);
  ends.set(offsets.data);
  const labels = new Int32Array(B * T).fill(NO_LABEL);
  sequences.forEach((sequence, b) => labels.set(sequence.labels, ends[b]));
  return { rows: { ...rows, offsets: hostIndices(ends) }, labels: hostIndices(labels) };
}

/** Live rows of a batch. */
export function liveRows({ rows: { offsets: { data } } }: TrainingBatch): number {
  return data[data.length - 1];
}

/** Rows of a batch that have a label. */
export function labelledRows({ labels: { data } }: TrainingBatch): number {
  return (data as Int32Array).filter((label) => label >= 0).length;
}

/** Windows of every step. */
export interface Windows extends Pick<Batches, "windows" | "batches"> {
  /** Numbers of the windows of a step: B, or fewer at the end of the stream. */
  at(step: number): number[];
}

/** Counts the windows of `length` tokens of a stream and assigns them to steps. Throws a RangeError when there is none. */
export function windowsOf(reader: TokenReader, length: number, { B, T, shuffle }: WindowOptions): Windows {
  if (!(Number.isSafeInteger(B) && B >= 1 && Number.isSafeInteger(T) && length >= 1)) {
    throw new RangeError(`Cannot make batches: ${B} sequences of ${T} rows leave no room for a token`);
  }
  if (shuffle !== undefined) demandSeed("make batches", shuffle);
  if (reader.tokens === 0) throw new RangeError("Cannot make batches: there are no tokens");
  const windows = Math.ceil(reader.tokens / length), batches = Math.ceil(windows / B);
  const windowAt = (n: number) => {
    if (shuffle === undefined) return n < windows ? n : undefined;
    return permuted(n % windows, windows, { seed: shuffle, epoch: Math.floor(n / windows) });
  };
  return {
    windows,
    batches,
    at(step) {
      if (!(Number.isSafeInteger(step) && step >= 0 && (shuffle !== undefined || step < batches))) {
        const range = shuffle === undefined ? `0 to ${batches - 1}` : "0 upwards";
        throw new RangeError(`Cannot make batch ${step}: batches are numbered from ${range}`);
      }
      const numbers = Array.from({ length: B }, (_, b) => windowAt(step * B + b));
      return numbers.filter((window) => window !== undefined);
    },
  };
}
