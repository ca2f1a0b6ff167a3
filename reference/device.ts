/**
 * The reference backend: eager loops over typed arrays, float32 storage and double accumulation.
 *
 * @module
 */
import { requireChoice } from "../src/common/choices.ts";
import { type Device, dtypeOf, hostBuffer, type HostTensor, type HostTensors, type Program } from "../src/op/device.ts";
import { Lifetime } from "../src/common/lifetime.ts";
import { type Inputs, type Op, type Outputs, sizeOf, type Tensor } from "../src/op/op.ts";
import { mapTree, type OnDevice } from "../src/op/tree.ts";
import type { AnyReference, RefTensor } from "./reference.ts";
import { type References, references } from "./references.ts";

/** Float storage of the reference: `f32` as on a GPU, `f64` for gradient checks and exact comparisons. */
export type Precision = "f32" | "f64";

/**
 * Runs every operation at once, in plain loops.
 *
 * ```ts
 * import { ReferenceDevice } from "@refrain/transformers/reference";
 * import { hostTensor, linear } from "@refrain/transformers/ops";
 * const device = new ReferenceDevice();
 * const x = device.from(hostTensor([1, 2], [3, 4]));
 * const { y } = await device.read({ y: linear(device, x, x) }); // y.data is [25]
 * ```
 */
export class ReferenceDevice implements Device<RefTensor> {
  /** Always `"reference"`. */
  readonly kind = "reference";
  readonly #lifetime = new Lifetime("the device");
  readonly #stored = new WeakSet<RefTensor>();
  readonly #freed = new WeakSet<RefTensor>();

  /** Makes a device that stores floats in the given precision. */
  constructor(readonly precision: Precision = "f32") {
    requireChoice("open the reference", "precision", precision, ["f32", "f64"]);
  }

  /** Runs one operation, a fused one as its composition; throws a RangeError when shapes do not fit. */
  run<I extends string, O extends string, P>(
    op: Op<I, O, P>,
    inputs: Inputs<I, RefTensor>,
    params: P,
  ): Outputs<O, RefTensor> {
    this.#check(`apply ${op.name}`, inputs);
    const specs = op.infer(inputs, params);
    if (op.compose) return op.compose(this, inputs, params);
    const outputs = this.#allocate(specs);
    for (const { name, overwrites } of op.outputs) {
      if (overwrites) outputs[name] = (inputs as Record<string, RefTensor>)[name];
    }
    const reference: AnyReference = references[op.name as keyof References];
    reference(inputs, outputs, params);
    return outputs as Outputs<O, RefTensor>;
  }

  /** Throws when the device was disposed, or one of some tensors freed. */
  #check(action: string, tensors: Readonly<Record<string, RefTensor | undefined>>): void {
    this.#lifetime.check(action);
    for (const [name, tensor] of Object.entries(tensors)) {
      if (!tensor || !this.#freed.has(tensor)) continue;
      throw new RangeError(`Cannot ${action}: ${name} [${tensor.shape}] was freed by an earlier read or free`);
    }
  }

  #allocate(specs: Record<string, Tensor>): Record<string, RefTensor> {
    const make = ({ shape, dtype }: Tensor): RefTensor => ({ shape, dtype, data: this.#array(dtype, sizeOf(shape)) });
    return Object.fromEntries(Object.entries(specs).map(([name, tensor]) => [name, make(tensor)]));
  }

  #array(dtype: Tensor["dtype"], size: number): RefTensor["data"] {
    const whole = dtype === "i32", single = whole || this.precision === "f32";
    const buffer = hostBuffer("make a tensor", (single ? 4 : 8) * size);
    return whole ? new Int32Array(buffer) : single ? new Float32Array(buffer) : new Float64Array(buffer);
  }

  /** Copies host data in. */
  from({ shape, data }: HostTensor): RefTensor {
    this.#lifetime.check("copy data to the device");
    const dtype = dtypeOf({ shape, data });
    const copy = this.#array(dtype, data.length);
    copy.set(data);
    const tensor = { shape, dtype, data: copy } as const;
    this.#stored.add(tensor);
    return tensor;
  }

  /** Frees a tensor made by `from`; whatever uses it from now on throws. */
  free(tensor: RefTensor): void {
    if (this.#stored.delete(tensor)) this.#freed.add(tensor);
  }

  /** Every tensor is there at once. */
  // deno-lint-ignore require-await
  async ready(): Promise<void> {
    this.#lifetime.check("copy data to the device");
  }

  /** Copies results out. */
  // deno-lint-ignore require-await
  async read<K extends string>(tensors: { readonly [Name in K]: RefTensor }): Promise<{ [Name in K]: HostTensor }> {
    return this.#copyOut(tensors) as { [Name in K]: HostTensor };
  }

  #copyOut(tree: unknown): unknown {
    const named: Record<string, RefTensor> = {};
    mapTree(tree, (tensor: RefTensor, path) => void (named[path] = tensor));
    this.#check("read from the device", named);
    return mapTree(tree, ({ shape, data }: RefTensor): HostTensor => ({ shape, data: data.slice() }));
  }

  /** A program of the reference is the function itself. */
  compile<I = HostTensors, O = HostTensors>(
    body: (inputs: OnDevice<NoInfer<I>, RefTensor>) => OnDevice<NoInfer<O>, RefTensor>,
  ): Program<I, O> {
    this.#lifetime.check("compile a program");
    const run = (inputs: I) => {
      this.#lifetime.check("run a program");
      return body(mapTree(inputs, (host: HostTensor) => this.from(host)) as OnDevice<I, RefTensor>);
    };
    // deno-lint-ignore require-await
    return Object.assign(async (inputs: I) => this.#copyOut(run(inputs)) as O, {
      start: (inputs: I, times = 1) => {
        for (let i = 0; i < times; i++) run(inputs);
      },
      dispose: () => {},
    });
  }

  /** From now on every call throws. */
  // deno-lint-ignore require-await
  async close(): Promise<void> {
    this.#lifetime.end();
  }

  /** The same as {@link ReferenceDevice.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
