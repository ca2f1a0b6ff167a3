/**
 * Opening a device by name.
 *
 * @module
 */
import { checkOpening, type OpenOptions, openWebGpu } from "../kernels/host/open.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { requireChoice } from "../src/common/choices.ts";
import type { Device } from "../src/op/device.ts";

/** Where a model runs: WebGPU, or the readable reference. */
export type DeviceName = "webgpu" | "reference";

/**
 * Opens a device by name.
 *
 * Throws when WebGPU is asked for and there is no adapter: the library never falls back on its own.
 *
 * ```ts
 * import { openDevice } from "@refrain/transformers";
 * await using device = await openDevice("reference");
 * ```
 */
export async function openDevice(name: DeviceName, options: OpenOptions = {}): Promise<Device> {
  requireChoice("open a device", "name", name, ["webgpu", "reference"]);
  checkOpening(options);
  return name === "webgpu" ? await openWebGpu(options) : new ReferenceDevice();
}

/** A device that several models share; an owned one is closed with the last of them. */
export class SharedDevice {
  #models = 0;

  /** No model yet. */
  constructor(readonly device: Device, readonly owned: boolean) {}

  /** Adds a model. */
  join(): void {
    this.#models++;
  }

  /** Removes a model. */
  async leave(): Promise<void> {
    if (--this.#models === 0 && this.owned) await this.device.close();
  }
}
