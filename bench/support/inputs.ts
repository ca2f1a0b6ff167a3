/**
 * Inputs of calls to measure.
 *
 * @module
 */
import { hostIndices, type HostTensor } from "../../src/op/device.ts";
import { normals } from "../../src/common/random.ts";

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** A float tensor of normal numbers. */
export function random(shape: readonly number[], scale = 1): HostTensor {
  return { shape, data: normals(shape.length, product(shape), scale) };
}

/** Whole numbers below `below`, spread over a shape. */
export function spread(shape: readonly number[], below: number): HostTensor {
  return hostIndices(Array.from({ length: product(shape) }, (_, i) => (i * 7919) % below), shape);
}

/** The numbers 0, step, 2·step … as a vector. */
export function steps(length: number, step = 1): HostTensor {
  return hostIndices(Array.from({ length }, (_, i) => i * step));
}

/** Offsets [B+1] of B sequences of T rows each. */
export function evenOffsets(B: number, T: number): HostTensor {
  return steps(B + 1, T);
}
