/**
 * Opening a device by name.
 *
 * @module
 */
import { checkOpening, type OpenOptions } from "../kernels/host/open_options.ts";
import { requireChoice } from "../src/common/choices.ts";
import type { Device } from "../src/op/device.ts";

/** Where a model runs: WebGPU, or the readable reference. */
export type DeviceName = "webgpu" | "reference";

/**
 * Opens a device by name. Its modules are imported here, so that bundles load only the devices that are opened.
 *
 * Throws when WebGPU is asked for and there is no adapter: the library never falls back on its own.
 *
 * ```ts
 * import { openDevice } from "@refrain/transformers";
 * await using device = await openDevice("reference");
 * ```
 */
export async function openDevice(name: DeviceName, options: OpenOptions = {}): Promise<Device> {
  const device = await openForInference(name, options);
  await device.prepareTraining?.();
  return device;
}

/** Opens a device by name, without the kernels that only training uses. Throws as {@link openDevice} does. */
export async function openForInference(name: DeviceName, options: OpenOptions = {}): Promise<Device> {
  requireChoice("open a device", "name", name, ["webgpu", "reference"]);
  checkOpening(options);
  if (name === "webgpu") return await (await import("../kernels/host/open.ts")).openForInference(options);
  return new (await import("../reference/device.ts")).ReferenceDevice();
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
