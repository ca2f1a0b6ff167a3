/**
 * Sequences in groups whose activations a device can bind.
 *
 * @module
 */
import type { DecoderConfig } from "./config/config.ts";
import type { EncoderConfig } from "./config/encoder_config.ts";

/** Bytes of an activation at most: what every adapter binds, so that groups are the same everywhere. */
const MOST_BYTES = 2 ** 27;

/** Columns of the widest activation of a decoder's rows; the head has parts of its own. */
export function decoderColumns({ D, F, H, G, K, mol }: DecoderConfig): number {
  return Math.max(D, 2 * F, (H + 2 * G) * K, (mol?.k ?? 0) * F);
}

/** Columns of the widest activation of an encoder's rows; the head has parts of its own. */
export function encoderColumns({ D, J, F, mol }: EncoderConfig): number {
  return Math.max(J, 3 * D, ...F.map((F) => Math.max(2, mol?.k ?? 0) * F));
}

/** Rows of so many columns that a device can bind, which names the bytes that it can where they are limited. */
export function rowsAtOnce(
  { maxTensorBytes = Infinity }: { readonly maxTensorBytes?: number },
  columns: number,
): number {
  return Math.max(1, Math.floor(Math.min(maxTensorBytes, MOST_BYTES) / (4 * columns)));
}

/**
 * Sequences in groups of at most `most` tokens, in order; a sequence that has more is a group of its own.
 *
 * ```ts
 * import { groupSequences } from "@refrain/transformers/model";
 * groupSequences([[1, 2], [3], [4, 5]], 3); // [[[1, 2], [3]], [[4, 5]]]
 * ```
 */
export function groupSequences<S extends { readonly length: number }>(sequences: readonly S[], most: number): S[][] {
  const groups: S[][] = [];
  let tokens = Infinity;
  for (const sequence of sequences) {
    tokens += sequence.length;
    if (tokens > most) {
      groups.push([]);
      tokens = sequence.length;
    }
    groups[groups.length - 1].push(sequence);
  }
  return groups;
}
