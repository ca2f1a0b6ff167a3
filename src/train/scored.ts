/**
 * Lists of labelled rows, the only rows that the head reads.
 *
 * @module
 */
import { hostIndices, type HostTensor } from "../op/device.ts";
import { NO_LABEL } from "./data/batches.ts";

/**
 * Rows with a label, ascending, and their labels, as lists of a fixed length; `scoredOffsets` end with their number.
 *
 * labels [M] (negative: none) → scored [count], labels [count] (−100 beyond), scoredOffsets [2]. Throws a RangeError when
 * more rows have labels.
 */
export function scoredRows(
  labels: Int32Array,
  count: number,
): { scored: HostTensor; labels: HostTensor; scoredOffsets: HostTensor } {
  const rows = Array.from(labels.keys()).filter((row) => labels[row] >= 0);
  if (rows.length > count) {
    throw new RangeError(`Cannot score ${rows.length} of ${labels.length} rows: there is room for ${count}`);
  }
  const [scored, taken] = [new Int32Array(count), new Int32Array(count).fill(NO_LABEL)];
  scored.set(rows);
  taken.set(rows.map((row) => labels[row]));
  return { scored: hostIndices(scored), labels: hostIndices(taken), scoredOffsets: hostIndices([0, rows.length]) };
}
