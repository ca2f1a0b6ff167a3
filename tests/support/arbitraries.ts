/**
 * Sizes, tensors and offsets for property tests, biased to where kernels break.
 *
 * @module
 */
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../../src/op/device.ts";
import { type Shape, sizeOf } from "../../src/op/op.ts";
import { normals } from "../../src/common/random.ts";

/** A size up to `max`: 0 or 1, primes, tile edges and their neighbours more often than the rest. */
export function size(max: number, min = 0): fc.Arbitrary<number> {
  const edges = [0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 32, 33, 37, 61, 63, 64, 65, 67, 127, 128, 129, 257]
    .filter((edge) => min <= edge && edge <= max);
  const edge = fc.noBias(fc.nat(edges.length - 1)).map((i) => edges[i]); // shrinks from edge to edge
  return fc.oneof({ weight: 3, arbitrary: edge }, fc.integer({ min, max }));
}

/** A float tensor of a shape, normal numbers from a shrinkable seed. */
export function tensor(shape: Shape, scale = 1): fc.Arbitrary<HostTensor> {
  return fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seed) => hostTensor(shape, normals(seed, sizeOf(shape), scale)));
}

/** A vector of `count` whole numbers in [min, max]. */
export function indices(count: number, min: number, max: number): fc.Arbitrary<HostTensor> {
  return fc.array(fc.integer({ min, max }), { minLength: count, maxLength: count }).map((data) => hostIndices(data));
}

/** Offsets of up to `sequences` sequences (some empty) whose live rows number at most `rows`. */
export function offsets(rows: number, sequences = 4): fc.Arbitrary<HostTensor> {
  return fc.array(fc.integer({ min: 0, max: rows }), { minLength: 1, maxLength: sequences })
    .map((ends) => hostIndices([0, ...ends.sort((a, b) => a - b)]));
}

/** Either undefined or a value. */
export function maybe<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined });
}
