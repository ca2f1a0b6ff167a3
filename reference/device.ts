/**
 * The reference backend: eager loops over typed arrays, float32 storage and double accumulation.
 *
 * @module
 */
import { requireChoice } from "../src/choices.ts";
import type { Device, HostTensor, Program } from "../src/device.ts";
import { type Inputs, type Op, type Outputs, sizeOf, type Tensor } from "../src/op.ts";
import type { AnyReference, RefTensor } from "./reference.ts";
import { references } from "./references.ts";

/** Float storage of the reference: `f32` as on a GPU, `f64` for gradient checks and exact comparisons. */
export type Precision = "f32" | "f64";

/**
 * Runs every operation at once, in plain loops.
 *
 * ```ts
 * import { ReferenceDevice } from "@refrain/transformers/reference";
 * import { hostTensor, linear } from "@refrain/transformers/model";
 * const device = new ReferenceDevice();
 * const x = device.from(hostTensor([1, 2], [3, 4]));
 * const { y } = await device.read({ y: linear(device, x, x) }); // y.data is [25]
 * ```
 */
export class ReferenceDevice implements Device<RefTensor> {
  /** Always `"reference"`. */
  readonly kind = "reference";

  /** Makes a device that stores floats in the given precision. */
  constructor(readonly precision: Precision = "f32") {
    requireChoice("open the reference", "precision", precision, ["f32", "f64"]);
  }

  /** Runs one operation; throws a RangeError when shapes do not fit. */
  run<I extends string, O extends string, P>(
    op: Op<I, O, P>,
    inputs: Inputs<I, RefTensor>,
    params: P,
  ): Outputs<O, RefTensor> {
    const outputs = this.#allocate(op.infer(inputs, params));
    for (const [output, input] of Object.entries(op.inPlace ?? {})) {
      outputs[output] = (inputs as Record<string, RefTensor>)[input as string];
    }
    const reference: AnyReference = references[op.name];
    if (!reference) throw new TypeError(`Cannot apply ${op.name}: the reference has no such operation`);
    reference.run(inputs, outputs, params);
    return outputs as Outputs<O, RefTensor>;
  }

  #allocate(specs: Record<string, Tensor>): Record<string, RefTensor> {
    const make = ({ shape, dtype }: Tensor): RefTensor => ({ shape, dtype, data: this.#array(dtype, sizeOf(shape)) });
    return Object.fromEntries(Object.entries(specs).map(([name, tensor]) => [name, make(tensor)]));
  }

  #array(dtype: Tensor["dtype"], size: number): RefTensor["data"] {
    if (dtype === "i32") return new Int32Array(size);
    return this.precision === "f32" ? new Float32Array(size) : new Float64Array(size);
  }

  /** Copies host data in. */
  from({ shape, data }: HostTensor): RefTensor {
    if (data instanceof Int32Array) return { shape, dtype: "i32", data: data.slice() };
    const copy = this.#array("f32", data.length);
    copy.set(data);
    return { shape, dtype: "f32", data: copy };
  }

  /** Nothing to free: the garbage collector does it. */
  free(): void {}

  /** Copies results out. */
  // deno-lint-ignore require-await
  async read<K extends string>(tensors: { readonly [Name in K]: RefTensor }): Promise<{ [Name in K]: HostTensor }> {
    const copy = ({ shape, data }: RefTensor): HostTensor => ({ shape, data: data.slice() });
    const entries = Object.entries<RefTensor>(tensors).map(([name, tensor]) => [name, copy(tensor)]);
    return Object.fromEntries(entries) as { [Name in K]: HostTensor };
  }

  /** A program of the reference is the function itself. */
  compile<I extends string, O extends string>(
    body: (inputs: { readonly [Name in I]: RefTensor }) => { readonly [Name in O]: RefTensor },
  ): Program<I, O> {
    const run = (inputs: Readonly<Record<string, HostTensor>>) => {
      const tensors = Object.entries(inputs).map(([name, host]) => [name, this.from(host)]);
      return body(Object.fromEntries(tensors));
    };
    return Object.assign((inputs: Readonly<Record<string, HostTensor>>) => this.read<O>(run(inputs)), {
      start: (inputs: Readonly<Record<string, HostTensor>>) => void run(inputs),
      dispose: () => {},
    });
  }

  /** Nothing to dispose. */
  async [Symbol.asyncDispose](): Promise<void> {}
}
