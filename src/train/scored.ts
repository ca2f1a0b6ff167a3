/**
 * Lists of labelled rows, the only rows that the head reads.
 *
 * @module
 */
import { hostIndices, type HostTensor } from "../op/device.ts";
import { NO_LABEL } from "./data/batches.ts";

/**
 * Rows with a label, ascending, and their labels, as lists of a fixed length; `offsets` end with their number.
 *
 * labels [M] (negative: none) → rows [count], labels [count] (−100 beyond), offsets [2]. Throws a RangeError when
 * more rows have labels.
 */
export function scoredRows(
  labels: Int32Array,
  count: number,
): { rows: HostTensor; labels: HostTensor; offsets: HostTensor } {
  const rows = Array.from(labels.keys()).filter((row) => labels[row] >= 0);
  if (rows.length > count) {
    throw new RangeError(`Cannot score ${rows.length} of ${labels.length} rows: there is room for ${count}`);
  }
  const [scored, taken] = [new Int32Array(count), new Int32Array(count).fill(NO_LABEL)];
  scored.set(rows);
  taken.set(rows.map((row) => labels[row]));
  return { rows: hostIndices(scored), labels: hostIndices(taken), offsets: hostIndices([0, rows.length]) };
}
