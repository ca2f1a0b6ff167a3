// Options of opening a WebGPU device; checked before the backend is loaded.
import { checkOptions, record } from "../../src/common/options.ts";

/** Origin of a WebGPU device: a device, a GPU object, or (by default) `navigator.gpu`. */
export interface OpenOptions {
  /** A device made elsewhere (browser, Dawn); it is not destroyed on disposal. */
  device?: GPUDevice;
  /** Makes adapters; `navigator.gpu` unless given. */
  gpu?: GPU;
}

/** Throws a RangeError for options that are unknown or of another type. */
export function checkOpening(options: OpenOptions): void {
  checkOptions("open a device", options, { device: record, gpu: record });
}
