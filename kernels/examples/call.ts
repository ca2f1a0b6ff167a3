/**
 * Calls without data: what the shader lint plans.
 *
 * @module
 */
import { type Inputs, type Op, spec, type Tensor } from "../../src/op/op.ts";

/** Shapes and parameters of one call. */
export interface ExampleCall<I extends string, P> {
  /** Inputs; absent optional ones are undefined. */
  readonly inputs: Inputs<I, Tensor>;
  /** Parameters. */
  readonly params: P;
}

/** Calls of an operation. */
export type Calls<O> = O extends Op<infer I, infer _Out, infer P> ? readonly ExampleCall<I, P>[] : never;

/** Every combination of the given values. */
export function each<A extends Record<string, readonly unknown[]>, R>(
  axes: A,
  make: (values: { readonly [Name in keyof A]: A[Name][number] }) => R,
): R[] {
  let combinations: Record<string, unknown>[] = [{}];
  for (const [name, values] of Object.entries(axes)) {
    combinations = combinations.flatMap((chosen) => values.map((value) => ({ ...chosen, [name]: value })));
  }
  return combinations.map((chosen) => make(chosen as { readonly [Name in keyof A]: A[Name][number] }));
}

/** An i32 tensor. */
export function whole(...shape: number[]): Tensor {
  return spec(shape, "i32");
}

/** An optional operand: absent, and present. */
export function optional(tensor: Tensor): readonly (Tensor | undefined)[] {
  return [undefined, tensor];
}

/** Row offsets of three sequences, and none. */
export const offsets: readonly (Tensor | undefined)[] = optional(whole(4));
