/**
 * Work on a device that only plans it.
 *
 * @module
 */
import { callback, checkOptions, type OptionKinds, signal } from "../common/options.ts";
import type { Device } from "../op/device.ts";
import type { Tensor } from "../op/op.ts";

/** How pipelines are compiled before they are needed. */
export interface WarmupOptions {
  /** Called for every pipeline that is compiled, with the number of those that are, and of all. */
  onProgress?: (progress: { readonly compiled: number; readonly total: number }) => void;
  /** Ends the wait; pipelines that are being compiled stay. */
  signal?: AbortSignal;
}

const KINDS: OptionKinds<WarmupOptions> = { onProgress: callback, signal };

/** Tokens of prompts and texts: kernels change their form between them. */
const LENGTHS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** Lengths that a model has positions for. */
export function warmLengths(maxPositions: number): number[] {
  return [...new Set(LENGTHS.map((length) => Math.min(length, maxPositions - 2)))].filter((length) => length > 0);
}

/** Runs work on a device that only plans it, where the device has such a one; the reference compiles nothing. */
export async function rehearse<T extends Tensor>(
  device: Device<T>,
  options: WarmupOptions,
  work: (device: Device<T>) => AsyncGenerator<void>,
): Promise<void> {
  checkOptions("warm up", options, KINDS);
  const { onProgress, signal } = options;
  signal?.throwIfAborted();
  const over = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { signal: over.signal });
  });
  const planned = device.rehearse?.(async (device) => {
    for await (const _ of work(device)) signal?.throwIfAborted();
  }, (compiled, total) => signal?.aborted || onProgress?.({ compiled, total }));
  await Promise.race([planned, stopped]).finally(() => over.abort());
}
