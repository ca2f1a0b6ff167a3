/**
 * Inputs of a model, and conversions between sequences and padded tensors.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import { sizeOf } from "../../src/op/op.ts";

/** Inputs and requested quantities. */
export interface Task {
  /** Ids, without padding. */
  readonly sequences: readonly (readonly number[])[];
  /** Labels of a masked-language loss; −100 is not scored. */
  readonly labels?: readonly (readonly number[])[];
  /** Tokens per sequence in padded results. */
  readonly width: number;
  /** Whether any quantity with this prefix is recorded. */
  readonly wants: (prefix: string) => boolean;
  /** Greedy generation: tokens of each prompt, and the recorded ids, prompt and continuation. */
  readonly continuation?: { readonly prompt: number; readonly ids: readonly (readonly number[])[] };
}

/** The sequences in a padded tensor [B, T]. */
export function unpadded({ shape: [, T], data }: HostTensor, lengths: readonly number[]): number[][] {
  return lengths.map((length, b) => Array.from(data.subarray(b * T, b * T + length)));
}

/** Rows [M, …] of sequences, one after the other, as [B, T, …] with zeros at padding. */
export function padded(
  { shape: [, ...rest], data }: HostTensor,
  sequences: readonly { readonly length: number }[],
  T: number,
): HostTensor {
  const size = sizeOf(rest);
  const Data = data.constructor as new (length: number) => typeof data;
  const result = { shape: [sequences.length, T, ...rest], data: new Data(sequences.length * T * size) };
  let row = 0;
  sequences.forEach(({ length }, b) => {
    result.data.set(data.subarray(row * size, (row + length) * size), b * T * size);
    row += length;
  });
  return result;
}
