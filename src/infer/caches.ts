/**
 * Keys and values of a batch of sequences, for every layer of a decoder, and how long they are.
 *
 * @module
 */
import { allocate, type Device, hostZeros } from "../op/device.ts";
import type { DecoderConfig } from "../model/config/config.ts";
import type { DecoderCache, Placed } from "../model/cache.ts";
import type { DecoderOutputs } from "../model/decoder.ts";
import { blockLayers, outerLayers, ownsKeys } from "../model/config/sharing.ts";
import type { Tensor } from "../op/op.ts";
import { appendPlaces } from "../ops/cache.ts";
import { settle } from "../ops/state.ts";

/** Bytes of one layer's keys and values at most, 2³¹ − 4: the largest binding of common adapters. */
const MOST_BYTES = 2 ** 31 - 4;

/** Bytes of all keys and values where the number of new tokens is not given. */
const DEFAULT_BYTES = 2 ** 29;

/** Bytes of a row of keys and values of one layer. */
function rowBytes({ G, K }: DecoderConfig): number {
  return 4 * 2 * G * K;
}

/** Positions of each of B sequences that caches have room for by default: 512 MiB for all layers together. */
export function defaultRoom(config: DecoderConfig, B: number): number {
  return Math.min(config.maxPositions, Math.floor(DEFAULT_BYTES / (B * config.L * rowBytes(config))));
}

/** Empty caches on a device, which forward passes fill. */
export class Caches<T extends Tensor = Tensor> implements DecoderCache<T> {
  /** Keys and values by unrolled layer, [B·C, 2·G·K]; none where a layer uses those of an earlier one. */
  readonly kv: readonly (T | undefined)[];
  /** Rows of each sequence, [B] i32. */
  readonly lengths: T;
  /** The same by recursion, where they have caches of their own. */
  readonly recursed: readonly T[];

  /**
   * Makes room for B sequences of C rows.
   *
   * Throws a RangeError for hybrid keys and values, which depend on rows to come, and for more bytes than there can be.
   */
  constructor(readonly device: Device<T>, readonly config: DecoderConfig, B: number, readonly C: number) {
    const { recursion: { kv, routing, N } } = config;
    if (kv === "hybrid") {
      throw new RangeError('Cannot cache keys and values: kv is "hybrid", expected "recursion" or "share"');
    }
    const apart = routing !== "none" && kv === "recursion" ? N - 1 : 0;
    const bytes = B * C * rowBytes(config), { L, G, K } = config;
    const what = `${B} sequences of ${C} tokens take ${bytes} bytes in each of ${L} layers`;
    const refuse = (reason: string, cause?: unknown) =>
      new RangeError(`Cannot cache keys and values: ${what}, ${reason}; a smaller maxNewTokens takes less`, { cause });
    if (bytes > MOST_BYTES) throw refuse(`${MOST_BYTES} is the most`);
    try {
      const room = hostZeros([B * C, 2 * G * K]), none = hostZeros([B], "i32");
      [this.kv, this.recursed] = allocate(device, (from) => [
        Array.from({ length: L }, (_, l) => ownsKeys(config, l) ? from(room) : undefined),
        Array.from({ length: 1 + apart }, () => from(none)),
      ]);
    } catch (error) {
      throw error instanceof RangeError ? refuse(error.message, error) : error;
    }
    [this.lengths] = this.recursed;
  }

  /** Of unrolled layer l outside routed recursions. */
  layer(l: number): T {
    return this.kv[l]!;
  }

  /** Of layer j of the routed block in recursion r. */
  block(r: number, j: number): T {
    return this.kv[outerLayers(this.config.recursion.sharing) / 2 + r * blockLayers(this.config) + j]!;
  }

  /** Places of M new rows, outside the recursions or in one. */
  place(at: "outer" | number, M: number, offsets: T): Placed<T> {
    const lengths = at === "outer" ? this.lengths : this.recursed[at];
    return appendPlaces(this.device, { offsets, lengths }, { C: this.C, M });
  }

  /** Counts the rows that a pass has appended as there; without `leading` those outside the recursions too. */
  settle({ grown, recursions }: DecoderOutputs<T>, leading?: T): void {
    if (!leading) settle(this.device, { lengths: this.lengths, grown: grown! });
    this.recursed.slice(1).forEach((lengths, i) => {
      const own = recursions[i + 1]?.grown; // none above a cap of depth
      if (own) settle(this.device, { lengths, grown: own, leading });
    });
  }

  /** Frees everything. */
  dispose(): void {
    for (const tensor of [...this.kv, ...this.recursed]) if (tensor) this.device.free(tensor);
  }
}
