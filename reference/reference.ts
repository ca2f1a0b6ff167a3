/**
 * What a reference implementation is: loops that fill the outputs, and a bound on what float32 may do to them.
 *
 * @module
 */
import { type Inputs, type Op, type Outputs, type Shape, sizeOf, type Tensor } from "../src/op/op.ts";

/** A tensor of the reference backend: Float32Array, or Float64Array for gradient checks and exact comparisons. */
export interface RefTensor extends Tensor {
  /** Elements, last axis fastest. */
  readonly data: Float32Array | Float64Array | Int32Array;
}

/** The meaning of one operation. */
export interface Reference<I extends string, O extends string, P> {
  /** Fills the outputs, which arrive zeroed and in their final shapes; accumulates in double. */
  run(inputs: Inputs<I, RefTensor>, outputs: Outputs<O, RefTensor>, params: P): void;
  /**
   * Largest |float32 kernel − exact| for each element of each f32 output, computed from the arithmetic
   * (terms × unit roundoff × sum of absolute terms), given exact inputs and exact outputs.
   */
  bound(
    inputs: Inputs<I, RefTensor>,
    outputs: Outputs<O, RefTensor>,
    params: P,
  ): { readonly [Name in O]?: Float64Array };
}

/** A reference of which nothing is known statically. */
// deno-lint-ignore no-explicit-any
export type AnyReference = Reference<any, any, any>;

/** Declares the reference of an operation, with the operation's names and parameters as types. */
export function defineReference<I extends string, O extends string, P>(
  _op: Op<I, O, P>,
  reference: Reference<I, O, P>,
): Reference<I, O, P> {
  return reference;
}

/** Number of live rows: `offsets[B]` where given, else all rows. */
export function liveRows(offsets: RefTensor | undefined, rows: number): number {
  return offsets ? Math.min(rows, offsets.data[offsets.data.length - 1]) : rows;
}

/** A float tensor to be filled, of the same precision as another one. */
export function like({ data }: RefTensor, shape: Shape): RefTensor {
  const size = sizeOf(shape);
  return { shape, dtype: "f32", data: data instanceof Float64Array ? new Float64Array(size) : new Float32Array(size) };
}
