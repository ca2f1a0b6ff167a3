/**
 * The programs of a model by what they compute, for as long as the model is there.
 *
 * @module
 */
import type { Device, HostTensors, Program } from "../op/device.ts";
import { Lifetime } from "../common/lifetime.ts";
import type { Tensor } from "../op/op.ts";
import type { OnDevice } from "../op/tree.ts";

/** Programs on a model's tensors, compiled at first use. */
export class Programs<T extends Tensor> {
  readonly #programs = new Map<string, Program<never, unknown>>();
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
  get<I = HostTensors, O = HostTensors>(
    key: string,
    body: (inputs: OnDevice<NoInfer<I>, T>) => OnDevice<NoInfer<O>, T>,
  ): Program<I, O> {
    this.check("run the model");
    const program = this.#programs.get(key) ?? this.device.compile<I, O>(body);
    this.#programs.set(key, program);
    return program as Program<I, O>;
  }

  /** Frees all tensors and programs. */
  dispose(): void {
    if (!this.#lifetime.end()) return;
    for (const tensor of this.tensors) this.device.free(tensor);
    for (const program of this.#programs.values()) program.dispose();
  }
}
