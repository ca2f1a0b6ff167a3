import type { Inputs, Op, Outputs } from "../../src/op/op.ts";
import type { RefTensor } from "../reference.ts";

/**
 * The accuracy of an operation: the largest |float32 kernel − exact| of each element of each f32 output, given exact
 * inputs and exact outputs. It holds for any order of summation, see `sums.ts`; sums over rows and tensors to one number must
 * be divided among lanes, see `lanes.ts`.
 */
export type Bound<I extends string, O extends string, P> = (
  inputs: Inputs<I, RefTensor>,
  outputs: Outputs<O, RefTensor>,
  params: P,
) => { readonly [Name in O]?: Float64Array };

/** A bound of which nothing is known statically. */
// deno-lint-ignore no-explicit-any
export type AnyBound = (inputs: any, outputs: any, params: any) => Readonly<Record<string, Float64Array | undefined>>;

/** Declares the error bound of an operation, with the operation's names and parameters as types. */
export function defineBound<I extends string, O extends string, P>(
  _op: Op<I, O, P>,
  bound: Bound<I, O, P>,
): Bound<I, O, P> {
  return bound;
}
