/**
 * Small computations for tests of the WebGPU backend itself.
 *
 * @module
 */
import { type HostTensor, hostTensor } from "../../src/op/device.ts";
import { activation } from "../../src/ops/activation.ts";
import { linear } from "../../src/ops/linear.ts";
import { normals } from "../../src/common/random.ts";
import { type GpuTensor, WebGpuDevice } from "../../kernels/mod.ts";

/** Rows of normal numbers. */
export function random(rows: number, columns = 16, seed = rows): HostTensor {
  return hostTensor([rows, columns], normals(seed, rows * columns));
}

/** A wrapper of its own round the shared GPU, so that its bytes are only one test's. */
export function own({ device, adapter }: WebGpuDevice): WebGpuDevice {
  return new WebGpuDevice(device, adapter);
}

/** Two projections with an activation between them, so that there is something to plan. */
export function block(
  device: WebGpuDevice,
  w: GpuTensor,
): (inputs: Readonly<Record<string, GpuTensor>>) => { y: GpuTensor } {
  return ({ x }) => ({ y: linear(device, activation(device, linear(device, x, w), "relu"), w) });
}
