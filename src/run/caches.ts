/**
 * Keys and values of a batch of sequences, for every layer of a decoder, and how long they are.
 *
 * @module
 */
import { allocate, type Device, hostZeros } from "../device.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { DecoderCache, Placed } from "../model/cache.ts";
import type { DecoderOutputs } from "../model/decoder.ts";
import { blockLayers, outerLayers, ownsKeys } from "../model/sharing.ts";
import type { Tensor } from "../op.ts";
import { appendPlaces } from "../ops/cache.ts";
import { settle } from "../ops/state.ts";

/** Empty caches on a device, which forward passes fill. */
export class Caches<T extends Tensor = Tensor> implements DecoderCache<T> {
  /** Keys and values by unrolled layer, [B·C, 2·G·K]; none where a layer uses those of an earlier one. */
  readonly kv: readonly (T | undefined)[];
  /** Rows of each sequence, [B] i32. */
  readonly lengths: T;
  /** The same by recursion, where they have caches of their own. */
  readonly recursed: readonly T[];

  /** Makes room for B sequences of C rows. Throws for hybrid keys and values, which depend on rows to come. */
  constructor(readonly device: Device<T>, readonly config: DecoderConfig, B: number, readonly C: number) {
    const { L, G, K, recursion: { kv, routing, N } } = config;
    if (kv === "hybrid") {
      throw new RangeError('Cannot cache keys and values: kv is "hybrid", expected "recursion" or "share"');
    }
    const room = hostZeros([B * C, 2 * G * K]), none = hostZeros([B], "i32");
    const apart = routing !== "none" && kv === "recursion" ? N - 1 : 0;
    [this.kv, this.recursed] = allocate(device, (from) => [
      Array.from({ length: L }, (_, l) => ownsKeys(config, l) ? from(room) : undefined),
      Array.from({ length: 1 + apart }, () => from(none)),
    ]);
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
