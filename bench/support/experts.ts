/** Calls of MoL operations: two of four experts of rank 16, as in ModernALBERT (typical: its tiny preset). */
import { hostIndices, type HostTensor } from "../../src/op/device.ts";

/** Experts, experts a token, rank. */
export const [E, k, R] = [4, 2, 16];

/** Rows, width, feed-forward width. */
export const expertSizes = {
  small: { M: 1, D: 64, F: 128 },
  typical: { M: 32, D: 768, F: 2624 },
  large: { M: 128, D: 768, F: 2624 },
};

/** Two different experts of each row. */
export function chosen(M: number): HostTensor {
  return hostIndices(Array.from({ length: M * k }, (_, slot) => (slot * 7 + slot % k) % E), [M, k]);
}
