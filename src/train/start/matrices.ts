// Products of host matrices, summed in double.
import { type HostTensor, hostTensor } from "../../op/device.ts";

/** a·bᵀ: a [M, D], b [O, D] → [M, O]. */
export function product(a: HostTensor, b: HostTensor): HostTensor {
  const [M, D] = a.shape;
  const O = b.shape[0];
  const y = new Float32Array(M * O);
  for (let m = 0; m < M; m++) {
    const row = a.data.subarray(m * D, (m + 1) * D);
    for (let o = 0; o < O; o++) {
      let sum = 0;
      for (let d = 0, at = o * D; d < D; d++) sum += row[d] * b.data[at++];
      y[m * O + o] = sum;
    }
  }
  return hostTensor([M, O], y);
}

/** aᵀ: a [M, D] → [D, M]. */
export function transpose({ shape: [M, D], data }: HostTensor): HostTensor {
  return hostTensor([D, M], Float32Array.from({ length: M * D }, (_, i) => data[(i % M) * D + Math.floor(i / M)]));
}

/** The identity, [D, D]. */
export function identity(D: number): HostTensor {
  return hostTensor([D, D], Float32Array.from({ length: D * D }, (_, i) => i % (D + 1) === 0 ? 1 : 0));
}

const ROWS = 32; // rows of a at a time, kept column by column
const TILE = 4; // columns at a time

/** aᵀ·a: a [M, D] → [D, D] in double. */
export function gram({ shape: [M, D], data }: HostTensor): Float64Array {
  const sums = new Float64Array(D * D);
  const columns = new Float64Array((D + TILE - 1) * ROWS);
  for (let start = 0; start < M; start += ROWS) {
    columns.fill(0);
    for (let i = 0, end = Math.min(M, start + ROWS) * D - start * D; i < end; i++) {
      columns[i % D * ROWS + Math.floor(i / D)] = data[start * D + i];
    }
    for (let i = 0; i < D; i++) for (let j = 0; j <= i; j += TILE) addInner(sums, columns, D, i, j);
  }
  for (let i = 0; i < D; i++) for (let j = i + 1; j < D; j++) sums[i * D + j] = sums[j * D + i];
  return sums;
}

/** Adds the inner products of column i with columns j..j+3 to row i of the sums. */
function addInner(sums: Float64Array, columns: Float64Array, D: number, i: number, j: number): void {
  let a = 0, b = 0, c = 0, d = 0;
  for (let p = i * ROWS, q = j * ROWS, end = p + ROWS; p < end; p++, q++) {
    const x = columns[p];
    a += x * columns[q];
    b += x * columns[q + ROWS];
    c += x * columns[q + 2 * ROWS];
    d += x * columns[q + 3 * ROWS];
  }
  const at = i * D + j;
  sums[at] += a;
  if (j + 1 < D) sums[at + 1] += b;
  if (j + 2 < D) sums[at + 2] += c;
  if (j + 3 < D) sums[at + 3] += d;
}
