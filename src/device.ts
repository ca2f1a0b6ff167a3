/**
 * A device is a backend with a door for data: host arrays in, host arrays out, and programs that are recorded once.
 *
 * @module
 */
import type { Backend, Shape, Tensor } from "./op.ts";
import { sizeOf } from "./op.ts";

/** A tensor on the host: shape and plain numbers. */
export interface HostTensor {
  /** Sizes of the axes. */
  readonly shape: Shape;
  /** Elements, last axis fastest; an Int32Array is an `i32` tensor. */
  readonly data: Float32Array | Float64Array | Int32Array;
}

/** Host tensors by name. */
export type HostTensors = Readonly<Record<string, HostTensor>>;

/** A recorded computation: takes and returns host tensors; recorded anew only for shapes it has not seen. */
export interface Program<I extends string, O extends string> {
  /** Runs it and reads its results. */
  (inputs: { readonly [Name in I]: HostTensor }): Promise<{ [Name in O]: HostTensor }>;
  /** Runs it for what it does in place to tensors made by {@link Device.from}, and reads nothing back. */
  start(inputs: { readonly [Name in I]: HostTensor }): void;
  /** Forgets what was recorded, and gives back what it held; the next run records it again. */
  dispose(): void;
}

/** Where models run: `webgpu` kernels or the `reference` loops. */
export interface Device<T extends Tensor = Tensor> extends Backend<T> {
  /** Which of the two backends this is. */
  readonly kind: "webgpu" | "reference";
  /** Bytes of one tensor at most, where that is limited; tensors of weights may have more. */
  readonly maxTensorBytes?: number;
  /** Copies host data to the device, where it stays until {@link Device.free} or disposal. */
  from(host: HostTensor): T;
  /** Frees a tensor made by {@link Device.from}. */
  free(tensor: T): void;
  /** Computes what was asked for and copies it back; other results of earlier `run` calls are gone afterwards. */
  read<K extends string>(tensors: { readonly [Name in K]: T }): Promise<{ [Name in K]: HostTensor }>;
  /** Makes a replayable program; a change of input shapes records it again. */
  compile<I extends string, O extends string>(
    body: (inputs: { readonly [Name in I]: T }) => { readonly [Name in O]: T },
  ): Program<I, O>;
  /** Frees everything. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a host tensor from numbers.
 *
 * ```ts
 * import { hostTensor } from "@refrain/transformers/model";
 * const x = hostTensor([2, 2], [1, 2, 3, 4]);
 * ```
 */
export function hostTensor(
  shape: Shape,
  data: Float32Array | Float64Array | Int32Array | readonly number[],
): HostTensor {
  const typed = Array.isArray(data) ? Float32Array.from(data) : data as Float32Array;
  if (typed.length !== sizeOf(shape)) {
    throw new RangeError(`Cannot make a tensor: ${typed.length} elements do not fill shape [${shape}]`);
  }
  return { shape, data: typed };
}

/** Makes an i32 host tensor, a vector unless a shape is given. */
export function hostIndices(data: ArrayLike<number>, shape: Shape = [data.length]): HostTensor {
  return hostTensor(shape, Int32Array.from(data));
}
