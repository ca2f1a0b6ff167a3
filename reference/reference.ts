/**
 * What a reference is: loops that fill the outputs of an operation.
 *
 * @module
 */
import type { Inputs, Op, Outputs, Tensor } from "../src/op/op.ts";

/** A tensor of the reference backend: Float32Array, or Float64Array for gradient checks and exact comparisons. */
export interface RefTensor extends Tensor {
  /** Elements, last axis fastest. */
  readonly data: Float32Array | Float64Array | Int32Array;
}

/** The loops of an operation: fill its outputs, which arrive zeroed and in their final shapes; accumulate in double. */
export type Reference<I extends string, O extends string, P> = (
  inputs: Inputs<I, RefTensor>,
  outputs: Outputs<O, RefTensor>,
  params: P,
) => void;

/** A reference of which nothing is known statically. */
// deno-lint-ignore no-explicit-any
export type AnyReference = (inputs: any, outputs: any, params: any) => void;

/** Declares the reference of an operation, with the operation's names and parameters as types. */
export function defineReference<I extends string, O extends string, P>(
  _op: Op<I, O, P>,
  run: Reference<I, O, P>,
): Reference<I, O, P> {
  return run;
}

/** Number of live rows: `offsets[B]` where given, else all rows. */
export function liveRows(offsets: RefTensor | undefined, rows: number): number {
  return offsets ? Math.min(rows, offsets.data[offsets.data.length - 1]) : rows;
}
