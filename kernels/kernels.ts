/**
 * Every operation's kernel, by name.
 *
 * @module
 */
import type { AnyOp } from "../src/op/op.ts";
import type { AnyKernel } from "./host/kernel.ts";
import { kernels } from "./inference_kernels.ts";

let loaded: Readonly<Partial<Record<string, AnyKernel>>> = kernels;

/** Loads the kernels that only training uses; every device has them then. */
export async function loadTrainingKernels(): Promise<void> {
  const { trainingKernels } = await import("./training_kernels.ts");
  loaded = { ...kernels, ...trainingKernels } as Partial<Record<string, AnyKernel>>;
}

/** The kernel of an operation. Throws for one of training before these are loaded. */
export function kernelOf({ name }: Pick<AnyOp, "name">): AnyKernel {
  const kernel = loaded[name];
  if (kernel) return kernel;
  throw new Error(`Cannot apply ${name}: the kernels of training are not loaded; await device.prepareTraining() first`);
}
