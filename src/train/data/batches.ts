/**
 * From a stream of tokens to batches: a batch is a function of its step, so that resuming needs the step only.
 *
 * @module
 */
import type { HostTensor } from "../../device.ts";
import type { Batch } from "../../model/batch.ts";
import { demandSeed } from "../../whole.ts";
import { permuted } from "./permutation.ts";
import type { TokenReader } from "./reader.ts";

/** The label of a row that is not to be predicted. */
export const NO_LABEL = -100;

/** What one step is given: B sequences of T rows, M = B·T. */
export interface TrainingBatch {
  /** Ids [M], positions 0 … T−1 of every sequence [M], offsets 0, T, 2T, … [B+1]. */
  readonly rows: Batch;
  /** The id to predict at every row, −100 where there is none, [M] i32. */
  readonly labels: HostTensor;
  /** Number of rows that have a label. */
  readonly targets: number;
}

/** Batches by number. */
export interface Batches {
  /** Windows into which the stream is cut. */
  readonly windows: number;
  /** Batches after which every window has been seen, ⌈windows / B⌉. */
  readonly batches: number;
  /**
   * The batch of a step. Shuffled, epochs follow one another without end, and a batch may hold the end of one and the
   * start of the next. In order, there are `batches`, and the last is filled up with sequences without labels.
   *
   * Throws a RangeError for a step that is not a whole number of at least 0 or, in order, lies behind the last.
   */
  batch(step: number): Promise<TrainingBatch>;
}

/** How a stream is cut and in which order it is read. */
export interface WindowOptions {
  /** Sequences in a batch. */
  readonly B: number;
  /** Rows of a sequence. */
  readonly T: number;
  /** Seed of the order, which is another one every epoch; in the order of the stream unless given. */
  readonly shuffle?: number;
}

/** Numbers of windows by steps. */
export interface Windows extends Pick<Batches, "windows" | "batches"> {
  /** The window of each of the B sequences of a step, undefined behind the last one. */
  at(step: number): (number | undefined)[];
}

/** Counts the windows of `length` tokens in a stream and puts them in order. Throws a RangeError when there is none. */
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
      return Array.from({ length: B }, (_, b) => windowAt(step * B + b));
    },
  };
}
