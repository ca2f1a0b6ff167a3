/**
 * The kernel interface: a function from the shapes of a call to its dispatches.
 *
 * @module
 */
import type { Inputs, Op, Outputs, Tensor } from "../../src/op/op.ts";
import type { Adapter } from "./adapter.ts";

/** Work groups along x, y and z, each at most 65,535. */
export type Workgroups = readonly [x: number, y: number, z: number];

/** One dispatch: a WGSL body and the numbers it is specialised for. */
export interface Dispatch {
  /** Name of the variant in benches and error messages. */
  readonly label: string;
  /**
   * WGSL without bindings: functions, among them `run(group, lane)`, or the entry point `main` itself where no `lanes` are
   * given. Every present input and output is declared under its own name as `array<element>`; outputs may be written.
   */
  readonly wgsl: string;
  /** Invocations of a work group, or the constant with their number: the entry point calls `run` with the {@link grid}'s number. */
  readonly lanes?: number | string;
  /** Element types of bindings that differ from the tensor's `f32` or `i32`, e.g. `vec4<f32>`. */
  readonly elements?: Readonly<Record<string, string>>;
  /** Model constants: `override` declarations of type u32, part of the pipeline's key. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Model constants of type f32. */
  readonly floats?: Readonly<Record<string, number>>;
  /** Run-time sizes: u32 fields of the uniform `sizes`; a new value needs no new pipeline. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Names of the inputs and outputs that the body uses; all present ones unless given. */
  readonly uses?: readonly string[];
  /** WGSL extensions the body needs. */
  readonly enable?: readonly ("f16" | "subgroups")[];
  /** Groups to start; a static upper bound, groups past the live rows return at once. */
  readonly workgroups: Workgroups;
}

/** A call to plan: shapes of the inputs and outputs, parameters, and what the adapter can do. */
export interface Call<I extends string, O extends string, P> {
  /** Shapes and types of the inputs; absent optional inputs are undefined. */
  readonly inputs: Inputs<I, Tensor>;
  /** Shapes and types of the outputs. */
  readonly outputs: Outputs<O, Tensor>;
  /** The operation's parameters. */
  readonly params: P;
  /** Capabilities of the adapter. */
  readonly adapter: Adapter;
}

/** Plans the dispatches of one call. */
export interface Kernel<I extends string, O extends string, P> {
  (call: Call<I, O, P>): readonly Dispatch[];
  /** Of a fused operation: whether the kernel supports this call; other calls run the composition. */
  readonly fuses?: (call: Call<I, O, P>) => boolean;
}

/** A kernel with unknown static types. */
// deno-lint-ignore no-explicit-any
export type AnyKernel = Kernel<any, any, any>;

/** Declares the kernel of an operation, with the operation's names and parameters as types. */
export function defineKernel<I extends string, O extends string, P>(
  _op: Op<I, O, P>,
  plan: (call: Call<I, O, P>) => readonly Dispatch[],
  fuses?: (call: Call<I, O, P>) => boolean,
): Kernel<I, O, P> {
  return Object.assign(plan, { fuses });
}
