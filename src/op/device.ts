/**
 * A device is a backend with a door for data: host arrays in, host arrays out, and programs that are recorded once.
 *
 * @module
 */
import type { Backend, DType, Shape, Tensor } from "./op.ts";
import { bytesOf, sizeOf } from "./op.ts";
import type { OnDevice } from "./tree.ts";

/** A tensor on the host: shape and plain numbers. */
export interface HostTensor {
  /** Sizes of the axes. */
  readonly shape: Shape;
  /** Elements, last axis fastest; an Int32Array is an `i32` tensor. */
  readonly data: Float32Array | Float64Array | Int32Array;
}

/** Element type of a host tensor. */
export function dtypeOf({ data }: HostTensor): DType {
  return data instanceof Int32Array ? "i32" : "f32";
}

/** Host tensors by name. */
export type HostTensors<Name extends string = string> = { readonly [N in Name]: HostTensor };

/** A recorded computation from a tree of host tensors to another; recorded anew only for shapes it has not seen. */
export interface Program<I = HostTensors, O = HostTensors> {
  /** Runs it and reads its results. */
  (inputs: I): Promise<O>;
  /**
   * Runs it `times` times in sequence, once by default, for its in-place writes to tensors made by {@link Device.from};
   * reads nothing back. WebGPU gets all runs in one submit.
   */
  start(inputs: I, times?: number): void;
  /** Deletes the recording and frees its tensors; the next run records it again. */
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
  /** Frees a tensor made by {@link Device.from}; never throws. */
  free(tensor: T): void;
  /** Waits until tensors made by {@link Device.from} are there. Throws where there was no room for one. */
  ready(tensors: Iterable<T>): Promise<void>;
  /** Computes what was asked for and copies it back; other results of earlier `run` calls are gone afterwards. */
  read<K extends string>(tensors: { readonly [Name in K]: T }): Promise<{ [Name in K]: HostTensor }>;
  /**
   * Makes a replayable program from and to trees, records of tensors by name unless types say otherwise; a change of
   * the inputs' form or shapes records it again. Values in a tree that are no tensors are constants of the recording.
   */
  compile<I = HostTensors, O = HostTensors>(
    body: (inputs: OnDevice<NoInfer<I>, T>) => OnDevice<NoInfer<O>, T>,
  ): Program<I, O>;
  /**
   * Compiles what some work needs, all at the same time, without running it: `work` gets a device whose results are zeros.
   * `onProgress` is called with the numbers of what is ready and of all. Absent where nothing is compiled.
   */
  rehearse?(
    work: (device: Device<T>) => Promise<void>,
    onProgress?: (ready: number, total: number) => void,
  ): Promise<void>;
  /** Loads what only training computes with; devices that `openDevice` opened have it already. */
  readonly prepareTraining?: () => Promise<void>;
  /** Frees everything; the second time it does nothing. */
  close(): Promise<void>;
  /** The same as {@link Device.close}. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Memory is short, on a device or on the host; the call that throws it has left nothing behind. */
export class ShortageError extends Error {
  /** Says `Cannot <action>: <reason>`. */
  constructor(action: string, reason: string, options?: ErrorOptions) {
    super(`Cannot ${action}: ${reason}`, options);
    this.name = "ShortageError";
  }
}

/** Memory of the host, all zeros. Throws a ShortageError that names the bytes where there is not so much. */
export function hostBuffer(action: string, bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (error) {
    const wanted = bytes.toLocaleString("en");
    throw new ShortageError(action, `${wanted} bytes could not be allocated on the host`, { cause: error });
  }
}

/**
 * Makes a host tensor of zeros. Throws a ShortageError that names the bytes where the host has no room for it.
 *
 * ```ts
 * import { hostZeros } from "@refrain/transformers/ops";
 * hostZeros([2, 3]).data.length; // 6
 * ```
 */
export function hostZeros(shape: Shape, dtype: DType = "f32"): HostTensor {
  const buffer = hostBuffer(`make a tensor [${shape}]`, bytesOf({ shape, dtype }));
  return { shape, data: dtype === "i32" ? new Int32Array(buffer) : new Float32Array(buffer) };
}

/**
 * Makes a host tensor from numbers.
 *
 * ```ts
 * import { hostTensor } from "@refrain/transformers/ops";
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

/** Makes an i32 host tensor, a vector unless a shape is given. Throws a RangeError for numbers that are not whole. */
export function hostIndices(data: ArrayLike<number>, shape: Shape = [data.length]): HostTensor {
  if (!(data instanceof Int32Array)) {
    const wrong = Array.from(data).findIndex((value) => value !== (value | 0));
    if (wrong >= 0) {
      const range = "a whole number from -2147483648 to 2147483647";
      throw new RangeError(`Cannot make a tensor: element ${wrong} is ${data[wrong]}, expected ${range}`);
    }
  }
  return hostTensor(shape, Int32Array.from(data));
}

/** Makes tensors that belong together on a device: where one cannot be made, those before it are freed. */
export function allocate<T extends Tensor, R>(device: Device<T>, make: (from: (host: HostTensor) => T) => R): R {
  const made: T[] = [];
  try {
    return make((host) => {
      const tensor = device.from(host);
      made.push(tensor);
      return tensor;
    });
  } catch (error) {
    for (const tensor of made) device.free(tensor);
    throw error;
  }
}
