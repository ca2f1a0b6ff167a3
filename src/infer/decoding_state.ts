/**
 * What a batch that is decoded keeps on its device between steps, beside the caches.
 *
 * @module
 */
import { allocate, type Device, hostIndices, type HostTensor, hostTensor, hostZeros } from "../op/device.ts";
import type { Tensor } from "../op/op.ts";
import { samplingRow } from "../ops/sample.ts";
import type { DecodingOptions } from "./decoding_options.ts";

/** Per sequence, [B] i32, but for what is said otherwise. */
export interface DecodingState<T> {
  /** The last token. */
  readonly ids: T;
  /** Seed of the random numbers. */
  readonly seeds: T;
  /** Whether it has ended. */
  readonly ended: T;
  /** New ids of the steps that are kept, [kept, B] i32. */
  readonly list: T;
  /** Their depths, [kept, B] f32. */
  readonly depths: T;
  /** Their log-probabilities, [kept, B] f32. */
  readonly logProbs: T;
  /** Their scores, [kept, B] f32. */
  readonly scores: T;
  /** The line of the next step, [1] i32. */
  readonly at: T;
  /** How tokens are drawn, [B, 5] f32; never changes. */
  readonly sampling: T;
  /** Offsets of one row a sequence, [B+1] i32; never changes. */
  readonly each: T;
}

/** Makes the state of a batch of which no step was run. Throws a RangeError for sampling options out of range. */
export function decodingState<T extends Tensor>(
  device: Device<T>,
  { seeds, kept, sampling = {}, restart = 0 }: DecodingOptions,
): DecodingState<T> {
  const B = seeds.length, row = samplingRow(sampling);
  const filled = (value: number, { shape, data }: HostTensor) => ({ shape, data: data.fill(value) });
  const lines = (value: number) => filled(value, hostZeros([kept, B]));
  const whole = (value: number, shape = [B]) => filled(value, hostZeros(shape, "i32"));
  return allocate(device, (from) => ({
    ids: from(whole(restart)),
    seeds: from(hostIndices(seeds)),
    ended: from(whole(0)),
    list: from(whole(-1, [kept, B])),
    depths: from(lines(1)),
    logProbs: from(lines(0)),
    scores: from(lines(0)),
    at: from(whole(0, [1])),
    sampling: from(hostTensor([B, 5], Array.from({ length: B }, () => row).flat())),
    each: from(hostIndices(Array.from({ length: B + 1 }, (_, b) => b))),
  }));
}
