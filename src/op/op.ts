/**
 * The contract between models, numbers and GPUs: an operation is data, a backend runs it.
 *
 * A model is written once against {@link Backend}; the reference says what each operation means, the kernels say how it
 * runs on a GPU. A backend promises nothing but `run`: no laziness, no order beyond that of the data.
 *
 * @module
 */

import type { Sizes, TypedInput } from "./binding.ts";
import type { ParamTypes } from "./params.ts";
import type { TensorType } from "./signature.ts";
import type { Shape, Tensor } from "./tensor.ts";

export * from "./tensor.ts";

/** Named inputs of an operation: a name ending in `?` may be left out, and is passed without the mark. */
export type Inputs<I extends string, T> =
  & { readonly [Name in I as Name extends `${string}?` ? never : Name]: T }
  & { readonly [Name in I as Name extends `${infer Bare}?` ? Bare : never]?: T | undefined };

/** Named outputs of an operation. */
export type Outputs<O extends string, T> = { readonly [Name in O]: T };

/** An input of an operation. */
export interface OpInput<I extends string> extends TypedInput {
  /** Its name with the mark of optional inputs. */
  readonly key: I;
}

/** An output of an operation. */
export interface OpOutput<O extends string> {
  /** Its name. */
  readonly name: O;
  /** Its axes and element type. */
  readonly type: TensorType;
  /** Whether it overwrites the input of this name, which must not be read afterwards. */
  readonly overwrites: boolean;
}

/** How an operation runs where some of its tensors are row parts, because they have more bytes than a device binds. */
export interface PartsRule<I extends string, O extends string, P> {
  /** Inputs and outputs that may be row parts; every other tensor of a call is whole. */
  readonly of: readonly string[];
  /** Computes a call of `op` from calls on the parts. */
  run<T extends Tensor>(
    backend: PartsBackend<T>,
    inputs: Inputs<I, T>,
    params: P,
    op: Op<I, O, P>,
  ): Outputs<O, T>;
}

/** Rules of an operation in terms of other operations. */
export interface OpRules<I extends string, O extends string, P> {
  /** Runs it where tensors are row parts. */
  readonly parts?: PartsRule<I, O, P>;
  /** Derivative in the same vocabulary: the gradient of each differentiable input, computed when it is asked for. */
  vjp?<T extends Tensor>(backend: Backend<T>, call: ForwardCall<I, O, P, T>): Gradients<T>;
}

/** An operation: its signature, and its derivative and composition in the same vocabulary. */
export interface Op<I extends string, O extends string, P> extends OpRules<I, O, P> {
  /** Unique name, as in `vocabulary`. */
  readonly name: string;
  /** File name, without ending, of its row: `src/ops`, `reference`, `kernels/ops`, `tests`, `bench`. */
  readonly family: string;
  /** Inputs, in the order of their bindings. */
  readonly inputs: readonly OpInput<I>[];
  /** Outputs, in the order of their bindings. */
  readonly outputs: readonly OpOutput<O>[];
  /** Types of the parameters. */
  readonly params: ParamTypes;
  /** Sizes of axes that the parameters give. */
  sizes(params: P): Sizes;
  /**
   * Shapes and element types of the outputs. Throws a RangeError with the operation, the tensor or parameter and the numbers
   * where a call does not fit the signature.
   */
  infer(inputs: Inputs<I, Tensor>, params: P): Outputs<O, Tensor>;
  /** Of a fused operation: the same as a composition of others, for tapes and for backends that have nothing faster. */
  compose?<T extends Tensor>(backend: Backend<T>, inputs: Inputs<I, T>, params: P): Outputs<O, T>;
}

/** An operation that is a composition of others. */
export interface FusedOp<I extends string, O extends string, P> extends Op<I, O, P> {
  /** The composition. */
  compose<T extends Tensor>(backend: Backend<T>, inputs: Inputs<I, T>, params: P): Outputs<O, T>;
}

/** A call as its derivative sees it. */
export interface ForwardCall<I extends string, O extends string, P, T> {
  /** What went in. */
  readonly inputs: Inputs<I, T>;
  /** What came out. */
  readonly outputs: Outputs<O, T>;
  /** Gradients of those outputs that have one; at least one has. */
  readonly grads: { readonly [Name in O]?: T };
  /** The parameters. */
  readonly params: P;
}

/** Gradients by input name. */
export type Gradients<T> = Readonly<Record<string, () => T>>;

/** A computation that runs at most once, when its result is first asked for. */
export function once<T>(compute: () => T): () => T {
  let result: { value: T } | undefined;
  return () => (result ??= { value: compute() }).value;
}

/** An operation of which nothing is known statically. */
// deno-lint-ignore no-explicit-any
export type AnyOp = Op<any, any, any>;

/** Regions of a model that a tape may recompute: a recursion (in encoders a layer), or a row part of the head. */
export type RematKind = "recursion" | "head";

/** Runs operations on tensors of type T. */
export interface Backend<T extends Tensor> {
  /** Runs one operation. Throws when shapes do not fit. */
  run<I extends string, O extends string, P>(op: Op<I, O, P>, inputs: Inputs<I, T>, params: P): Outputs<O, T>;
  /** Runs a body as one rematerialization region; absent on backends without a tape. */
  remat?<R>(kind: RematKind, body: () => R): R;
  /** The same without recording: no gradient passes through its outputs. Absent: this backend records nothing. */
  readonly withoutGrad?: Backend<T>;
}

/** A backend that holds a large tensor as row parts: tensors that follow each other along the first axis. */
export interface PartsBackend<T extends Tensor> extends Backend<T> {
  /** The parts of a tensor; the tensor alone where it is whole. */
  partsOf(tensor: T): readonly T[];
  /** Rows of each part of a tensor of this shape. */
  cut(shape: Shape): readonly number[];
  /** The tensor of some parts; the part itself where there is one. */
  join(parts: readonly T[]): T;
}

/** Runs a body as a rematerialization region: a tape may recompute its results in the backward pass. */
export function remat<T extends Tensor, R>(backend: Backend<T>, kind: RematKind, body: () => R): R {
  return backend.remat ? backend.remat(kind, body) : body();
}
