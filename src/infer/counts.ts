/**
 * Counts of tokens, for repetition penalties.
 *
 * @module
 */
import { type HostTensor, hostZeros } from "../op/device.ts";

/** How often each sequence has each token, [B, V] i32. */
export function countsOf(sequences: readonly ArrayLike<number>[], V: number): HostTensor {
  const counts = hostZeros([sequences.length, V], "i32");
  sequences.forEach((ids, b) => Array.from(ids).forEach((id) => counts.data[b * V + id]++));
  return counts;
}
