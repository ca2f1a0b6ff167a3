/**
 * Scalars of training steps, written to lists on the device and read once for several steps.
 *
 * @module
 */
import { type Device, hostTensor } from "../op/device.ts";
import { demandWhole } from "../common/whole.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { store } from "../ops/optimizer.ts";

/** Scalars of the last `lines` steps. */
export class StepMetrics<T extends Tensor> {
  readonly #lists = new Map<string, T>();

  /** Allocates lists of `lines` scalars. */
  constructor(readonly device: Device<T>, readonly lines: number) {
    demandWhole("train", "logEvery", lines, 1);
  }

  /** Records that a scalar [1] is written to line `at` [1] i32. */
  write(backend: Backend<T>, name: string, x: T, at: T): void {
    if (!this.#lists.has(name)) {
      this.#lists.set(name, this.device.from(hostTensor([this.lines, 1], new Float32Array(this.lines))));
    }
    store(backend, { list: this.#lists.get(name)!, x, at });
  }

  /** All lists by name, to be returned by a program. */
  outputs(): Record<string, T> {
    return Object.fromEntries(this.#lists);
  }

  /** Frees the lists. */
  dispose(): void {
    for (const list of this.#lists.values()) this.device.free(list);
    this.#lists.clear();
  }
}
