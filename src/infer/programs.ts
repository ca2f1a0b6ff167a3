/**
 * The programs of a model by what they compute, for as long as the model is there.
 *
 * @module
 */
import type { Device, HostTensor, Program } from "../op/device.ts";
import { Lifetime } from "../common/lifetime.ts";
import type { Tensor } from "../op/op.ts";

type Named<T> = Record<string, T>;

/** Programs on a model's tensors, compiled at first use. */
export class Programs<T extends Tensor> {
  readonly #programs = new Map<string, Program>();
  readonly #lifetime = new Lifetime("the model");

  /** None yet, on tensors that are freed with them. */
  constructor(readonly device: Device<T>, readonly tensors: readonly T[]) {}

  /** Waits until the tensors are on the device. Throws where there was no room for them. */
  async ready(): Promise<void> {
    await this.device.ready(this.tensors);
  }

  /** Throws `Cannot <action>: the model was disposed` once it was. */
  check(action: string): void {
    this.#lifetime.check(action);
  }

  /** The program of a name. */
  get(key: string, body: (inputs: Named<T>) => Named<T>): (inputs: Named<HostTensor>) => Promise<Named<HostTensor>> {
    this.check("run the model");
    if (!this.#programs.has(key)) this.#programs.set(key, this.device.compile(body));
    return this.#programs.get(key)!;
  }

  /** Frees all tensors and programs. */
  dispose(): void {
    if (!this.#lifetime.end()) return;
    for (const tensor of this.tensors) this.device.free(tensor);
    for (const program of this.#programs.values()) program.dispose();
  }
}
