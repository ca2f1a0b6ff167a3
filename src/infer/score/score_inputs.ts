/**
 * Inputs of the program that scores tokens: rows of sequences, and the scored rows in parts of the head.
 *
 * @module
 */
import { hostIndices, type HostTensor } from "../../op/device.ts";
import { capacityRows, groupRoom, isId, packGroup } from "../../model/batch.ts";
import type { DecoderConfig } from "../../model/config/config.ts";

/** A sequence of ids, of which the tokens from `from` (at least 1) to the last are scored. */
export interface ScoredSequence {
  /** Ids; all but the last are rows of the model. */
  readonly ids: ArrayLike<number>;
  /** Index of the first scored token. */
  readonly from: number;
}

/** Throws a RangeError for the first sequence that cannot be scored. */
export function checkScored(
  sequences: readonly ScoredSequence[],
  { V, maxPositions }: Pick<DecoderConfig, "V" | "maxPositions">,
): void {
  sequences.forEach(({ ids, ids: { length }, from }, b) => {
    const refuse = (reason: string) => new RangeError(`Cannot score: sequence ${b + 1} ${reason}`);
    if (!(from >= 1 && from < length)) throw refuse(`has ${length} tokens, and none before token ${from}`);
    if (length > maxPositions + 1) throw refuse(`has ${length} tokens, ${maxPositions + 1} is the most`);
    const at = Array.from(ids).findIndex((id) => !isId(id, V));
    if (at >= 0) throw refuse(`has id ${ids[at]} at ${at}, outside the vocabulary of ${V}`);
  });
}

/** Inputs of the program. */
export interface ScoreInputs<T> {
  /** Rows: every token but the last of each sequence. */
  readonly batch: { readonly ids: T; readonly positions: T; readonly offsets: T };
  /** Top-k selection: rows that each recursion keeps, N × [B]. */
  readonly capacity?: readonly T[];
  /** Scored rows, the token that follows each, and offsets [2] that end with their number; parts but the last are full. */
  readonly parts: readonly { readonly rows: T; readonly labels: T; readonly offsets: T }[];
}

/** Scored rows in parts of at most `most`. */
function partsOf(sequences: readonly ScoredSequence[], most: number): ScoreInputs<HostTensor>["parts"] {
  const rows: number[] = [], labels: number[] = [];
  let first = 0;
  for (const { ids, from } of sequences) {
    for (let t = from; t < ids.length; t++) {
      rows.push(first + t - 1);
      labels.push(ids[t]);
    }
    first += ids.length - 1;
  }
  const size = Math.min(most, groupRoom(rows.length));
  const padded = (list: readonly number[], at: number) =>
    hostIndices(Int32Array.from({ length: size }, (_, i) => list[at + i] ?? 0));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, part) => {
    const at = part * size, offsets = hostIndices([0, Math.min(size, rows.length - at)]);
    return { rows: padded(rows, at), labels: padded(labels, at), offsets };
  });
}

/** Inputs for some sequences, in parts of the head of at most `most` rows; with `topk` the capacities of selection. */
export function scoreInputs(
  sequences: readonly ScoredSequence[],
  config: DecoderConfig,
  { most, topk }: { readonly most: number; readonly topk: boolean },
): ScoreInputs<HostTensor> {
  const inputs = sequences.map(({ ids }) => Array.from({ length: ids.length - 1 }, (_, t) => ids[t]));
  const batch = packGroup(inputs, config), { offsets: { data } } = batch;
  const lengths = Array.from(data.subarray(1), (end, b) => end - data[b]);
  return {
    batch,
    capacity: topk ? capacityRows(config, lengths) : undefined,
    parts: partsOf(sequences, most),
  };
}
