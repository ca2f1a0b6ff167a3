/** The device of a command. */
import { type DeviceName, openDevice } from "../../mod.ts";
import type { Device } from "../../src/op/device.ts";
import { findAdapter, howToInstall, webGpu } from "../adapter.ts";
import { whyNoAdapter } from "../gpu_environment.ts";
import { note } from "./command.ts";
import { choiceOf } from "./flags.ts";

/** The flag. */
export const deviceFlag = {
  device: {
    value: "NAME",
    help:
      "webgpu or reference (slow, readable loops); webgpu unless given,\nand the reference, with a warning, where there is no adapter",
  },
} as const;

/** A device with its name. */
export interface Opened {
  /** The device. */
  readonly device: Device;
  /** Name of the adapter, or "reference". */
  readonly label: string;
}

const names: readonly DeviceName[] = ["webgpu", "reference"];

/**
 * Opens the device of a `--device` flag.
 *
 * Throws for `webgpu` without an adapter; without the flag a warning is printed and the reference is used.
 */
export async function openChosenDevice(given: string | undefined): Promise<Opened> {
  const name = given === undefined ? "webgpu" : choiceOf("device", given, names);
  if (name === "reference") return await openReference();
  const adapter = await findAdapter();
  if (adapter) {
    return {
      device: await openDevice("webgpu", { gpu: webGpu() }),
      label: adapter.description || "unnamed adapter",
    };
  }
  if (given) throw new Error(`Cannot open WebGPU: no adapter, ${whyNoAdapter()}`);
  warnNoAdapter();
  return await openReference();
}

/** The reference, which is always available. */
export async function openReference(): Promise<Opened> {
  return { device: await openDevice("reference"), label: "reference" };
}

/** Prints the warning. */
export function warnNoAdapter(): void {
  note(`WARNING: no WebGPU adapter, running on the slow reference instead; ${howToInstall()}`);
}
