/**
 * Shapes and element types.
 *
 * @module
 */

/** Element type of a tensor: activations and weights are `f32`, row lists, ids and ranges `i32`. */
export type DType = "f32" | "i32";

/** Sizes of the axes, outermost first. */
export type Shape = readonly number[];

/** What every backend's tensor says of itself; a bare `Tensor` is also the result of shape inference. */
export interface Tensor {
  /** Sizes of the axes. */
  readonly shape: Shape;
  /** Element type. */
  readonly dtype: DType;
}

/** A tensor's shape and type, without data. */
export function spec(shape: Shape, dtype: DType = "f32"): Tensor {
  return { shape, dtype };
}

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Bytes of one element of each type, on every device and on the host. */
const ELEMENT_BYTES: Readonly<Record<DType, number>> = { f32: 4, i32: 4 };

/** Bytes of a tensor's elements. */
export function bytesOf({ shape, dtype }: Tensor): number {
  return ELEMENT_BYTES[dtype] * sizeOf(shape);
}
