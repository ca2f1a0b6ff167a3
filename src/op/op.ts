/**
 * The contract between models, numbers and GPUs: an operation is data, a backend runs it.
 *
 * A model is written once against {@link Backend}; the reference says what each operation means, the kernels say how it
 * runs on a GPU. A backend promises nothing but `run`: no laziness, no order beyond that of the data.
 *
 * ## The alphabet of axes
 *
 * | letter | axis                                   | letter | axis                                 |
 * | ------ | -------------------------------------- | ------ | ------------------------------------ |
 * | B      | sequences of a batch                   | V      | vocabulary                           |
 * | M      | rows (tokens of all sequences)         | L      | unrolled layers                      |
 * | S      | rows of a routed subset                | N      | recursions (the paper's N_r)         |
 * | T      | tokens of one sequence, or positions   | E      | experts                              |
 * | D      | width of the residual stream           | R      | LoRA rank                            |
 * | H      | query heads                            | J      | embedding width                      |
 * | G      | key/value heads                        | k      | experts per token                    |
 * | K      | head width                             | C      | rows a KV cache holds per sequence   |
 * | F      | feed-forward width                     | O      | columns of a projection              |
 *
 * Activations are **rows** [M, D]: all sequences unpadded, one after the other. `offsets` [B+1] say where sequences
 * start; rows from `offsets[B]` on are not live: operations need not compute them and nobody may read them.
 *
 * @module
 */

import { requireChoice } from "../common/choices.ts";
import { fitsFloat32, FLOAT32_SIZES } from "../common/float32.ts";

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

/** Named inputs of an operation: a name ending in `?` may be left out, and is passed without the mark. */
export type Inputs<I extends string, T> =
  & { readonly [Name in I as Name extends `${string}?` ? never : Name]: T }
  & { readonly [Name in I as Name extends `${infer Bare}?` ? Bare : never]?: T | undefined };

/** Named outputs of an operation. */
export type Outputs<O extends string, T> = { readonly [Name in O]: T };

/** An operation: names, shape rule, and (once training needs it) its derivative in the same vocabulary. */
export interface Op<I extends string, O extends string, P> {
  /** Unique name, as in `vocabulary`. */
  readonly name: string;
  /** File name, without ending, of its row: `src/ops`, `reference`, `kernels`, `tests`, `bench`. */
  readonly family: string;
  /** Input names; a trailing `?` marks an optional one. */
  readonly inputs: readonly I[];
  /** Output names. */
  readonly outputs: readonly O[];
  /** Outputs that overwrite an input (output name → input name); that input must not be read afterwards. */
  readonly inPlace?: { readonly [Name in O]?: string };
  /** Words that parameters may be, by name; an operation with a word among its parameters lists all it knows. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /**
   * Shapes of the outputs; throws an error that names the operation and the numbers when inputs do not fit, when a parameter
   * is a word that is not among the choices, or a number that float32 does not hold.
   */
  infer(inputs: Inputs<I, Tensor>, params: P): Outputs<O, Tensor>;
  /** Of a fused operation: the same as a composition of others, for tapes and for backends that have nothing faster. */
  compose?<T extends Tensor>(backend: Backend<T>, inputs: Inputs<I, T>, params: P): Outputs<O, T>;
  /** The same where tensors are row parts, because they have more bytes than a device binds at once. */
  readonly parts?: {
    /** Inputs and outputs that may be row parts; every other tensor of a call is whole. */
    readonly of: readonly string[];
    /** Computes the call of calls on the parts. */
    run<T extends Tensor>(backend: PartsBackend<T>, inputs: Inputs<I, T>, params: P): Outputs<O, T>;
  };
  /** Derivative in the same vocabulary: the gradient of each differentiable input, computed when it is asked for. */
  vjp?<T extends Tensor>(backend: Backend<T>, call: ForwardCall<I, O, P, T>): Gradients<T>;
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
  /** The same without being remembered: no gradient passes what it computes. Absent: this backend remembers nothing. */
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

/** Declares an operation and keeps its names as types; its parameters are checked before its shapes. */
export function defineOp<const I extends string, const O extends string, P>(op: Op<I, O, P>): Op<I, O, P> {
  const infer = (inputs: Inputs<I, Tensor>, params: P) => {
    checkParams(op, params as Record<string, unknown>);
    return op.infer(inputs, params);
  };
  return { ...op, infer };
}

/** Throws unless the words among the parameters are known, and their numbers mean the same on every device. */
function checkParams({ name, choices = {} }: AnyOp, params: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(params)) {
    if (typeof value === "string") requireChoice(`apply ${name}`, key, value, choices[key] ?? []);
    else if (typeof value === "number") {
      demand(name, fitsFloat32(value), () => `${key} is ${value}, expected ${FLOAT32_SIZES}`);
    } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      checkParams({ name, choices } as AnyOp, value as Record<string, unknown>);
    }
  }
}

/** A tensor's shape and type, without data. */
export function spec(shape: Shape, dtype: DType = "f32"): Tensor {
  return { shape, dtype };
}

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Throws `Cannot apply <operation>: <reason>` unless the condition holds. */
export function demand(op: string, condition: boolean, reason: () => string): asserts condition {
  if (!condition) throw new RangeError(`Cannot apply ${op}: ${reason()}`);
}

/**
 * Throws unless a tensor has exactly this shape and type; `undefined` sizes match anything.
 *
 * ```ts
 * import { requireShape, spec } from "@refrain/transformers/ops";
 * requireShape("linear", "x", spec([2, 3]), [undefined, 3]);
 * ```
 */
export function requireShape(
  op: string,
  name: string,
  tensor: Tensor,
  shape: readonly (number | undefined)[],
  dtype: DType = "f32",
): void {
  const fits = tensor.shape.length === shape.length &&
    shape.every((size, axis) => size === undefined || size === tensor.shape[axis]);
  demand(op, fits, () => `${name} has shape [${tensor.shape}], expected [${shape.map((size) => size ?? "any")}]`);
  demand(op, tensor.dtype === dtype, () => `${name} is ${tensor.dtype}, expected ${dtype}`);
}

/** Throws unless `offsets`, where given, is an i32 vector of at least one element. */
export function requireOffsets(op: string, offsets: Tensor | undefined, name = "offsets"): void {
  if (!offsets) return;
  requireShape(op, name, offsets, [undefined], "i32");
  demand(op, offsets.shape[0] >= 1, () => `${name} is empty, expected B + 1 row offsets`);
}
