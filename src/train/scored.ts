/**
 * Rows that have a label, so that the head sees no others.
 *
 * @module
 */
import { hostIndices, type HostTensor } from "../device.ts";

/**
 * Rows with a label, ascending, filled up to `count` with rows that have none; labels of those rows.
 *
 * labels [M] (negative: none) → scored [count], labels [count]. Throws a RangeError when more rows have labels.
 */
export function scoredRows(labels: Int32Array, count: number): { scored: HostTensor; labels: HostTensor } {
  const labelled = labels.reduce((sum, label) => sum + (label >= 0 ? 1 : 0), 0);
  if (labelled > count || count > labels.length) {
    throw new RangeError(`Cannot score ${labelled} of ${labels.length} rows: there is room for ${count}`);
  }
  let spare = count - labelled;
  const rows: number[] = [];
  labels.forEach((label, row) => {
    if (label >= 0 || spare-- > 0) rows.push(row);
  });
  return { scored: hostIndices(rows), labels: hostIndices(rows.map((row) => labels[row])) };
}
