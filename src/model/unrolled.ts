/**
 * Layers that every row runs: all of a plain or plainly recursive decoder, the first and the last of a routed one.
 *
 * @module
 */
import type { Backend, Tensor } from "../op/op.ts";
import type { DecoderConfig } from "./config/config.ts";
import type { DecoderParams } from "./decoder_schema.ts";
import { keyRanges } from "../ops/attention.ts";
import type { DecoderCache, Placed } from "./cache.ts";
import { layer, type LayerResult, type LayerStyle, type View } from "./layer.ts";
import { uniqueLayer } from "./config/sharing.ts";

/** Style of a decoder's layers: RMSNorm, SwiGLU. */
export function decoderStyle({ eps, H, G, K, mol }: DecoderConfig): LayerStyle {
  return { norm: { kind: "rms", eps }, heads: { H, G, K }, unit: "silu", mol };
}

/** What plain layers work on. */
export interface PlainView<T> extends Omit<View<T>, "cache" | "shared" | "ranges"> {
  /** Caches of unrolled layers that have keys and values of their own; rows see all earlier ones of their sequence without. */
  readonly cache?: Pick<DecoderCache<T>, "layer" | "place">;
  /** Told of every layer run: unrolled and unique number, and its result. */
  readonly onLayer?: (l: number, u: number, result: LayerResult<T>) => void;
}

/**
 * Unrolled layers, run one at a time, in order. Where recursions share keys and values, the first use of a layer's weights
 * computes them and later ones see them.
 */
export class UnrolledLayers<T extends Tensor> {
  readonly #keys = new Map<number, T>();
  /** Where the rows' keys and values have gone, once a layer has run with a cache. */
  placed?: Placed<T>;
  #visible?: T;

  /** For one pass of rows through a decoder. */
  constructor(
    readonly backend: Backend<T>,
    readonly params: DecoderParams<T>,
    readonly config: DecoderConfig,
    readonly view: PlainView<T>,
  ) {}

  /** Runs unrolled layer l. x [M, D] → [M, D]. */
  run(x: T, l: number): T {
    const { config } = this;
    const { cache, onLayer, noise, ...view } = this.view;
    const u = uniqueLayer(config, l);
    const kv = config.recursion.kv === "share" ? this.#keys.get(u) : undefined;
    const result = layer(this.backend, x, this.params.layers[u], {
      ...view,
      ranges: this.#ranges(x.shape[0]),
      shared: kv && { kv },
      cache: kv || !cache ? undefined : { kv: cache.layer(l), places: this.placed!.places },
      noise: noise && { ...noise, use: noise.use + l },
    }, decoderStyle(config));
    this.#keys.set(u, result.kv);
    onLayer?.(l, u, result);
    return result.x;
  }

  /** What M rows see: the same in all layers. */
  #ranges(M: number): T {
    const { backend, view: { cache, offsets } } = this;
    if (cache) return (this.placed ??= cache.place("outer", M, offsets)).ranges;
    return this.#visible ??= keyRanges(backend, { offsets }, { M, causal: true, window: 0 });
  }
}
