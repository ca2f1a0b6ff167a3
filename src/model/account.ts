/**
 * Cost of a forward pass: FLOPs in the paper's closed form, and bytes of keys and values (docs/mor.md, "FLOPs" and "Keys
 * and values").
 *
 * @module
 */
import type { DecoderConfig } from "./config/config.ts";
import { blockLayers, capacities, outerLayers } from "./config/sharing.ts";

/** Cost of running T tokens through a decoder. */
export interface Account {
  /** Forward FLOPs per token, in the paper's convention: no head, norms or router, full-width keys and values. */
  readonly flopsPerToken: number;
  /** Rows of keys and values held by the recursion block, all its unrolled layers together. */
  readonly blockRows: number;
  /** Bytes of float32 keys and values of the whole model. */
  readonly kvBytes: number;
  /** The same for a vanilla model of as many unrolled layers. */
  readonly vanillaKvBytes: number;
}

/**
 * Counts the forward pass over one sequence of T tokens (arXiv 2507.10524, appendix; docs/mor.md, "FLOPs").
 *
 * Lin = 2·(4D² + 3DF) and Att = 2·T·D per token and layer; a layer at active fraction f costs f·Lin + f²·Att, under KV
 * sharing beyond recursion 1 f·(Lin − 4D²) + f·Att. `active` are the fractions of tokens in each recursion, the
 * capacities unless measured.
 *
 * ```ts
 * import { account, decoderPreset } from "@refrain/transformers/model";
 * const { flopsPerToken } = account(decoderPreset("vanilla-360m"), 2048); // 833.618e6
 * ```
 */
export function account(config: DecoderConfig, T: number, active?: readonly number[]): Account {
  const { D, F, G, K, L, recursion: { sharing, N, routing, kv } } = config;
  const routed = routing !== "none";
  const fractions = active ?? (routed ? capacities(config.recursion) : new Array(N).fill(1));
  const linear = 2 * (4 * D * D + 3 * D * F);
  const attention = 2 * T * D;
  const shares = (r: number) => kv === "share" && r > 0;
  const layerFlops = (f: number, r: number) =>
    shares(r) ? f * (linear - 4 * D * D) + f * attention : f * linear + f * f * attention;
  const outer = outerLayers(sharing);
  const b = blockLayers(config);
  let flopsPerToken = outer * layerFlops(1, 0);
  let blockRows = 0;
  for (let r = 0; r < N; r++) {
    flopsPerToken += b * layerFlops(fractions[r], r);
    blockRows += shares(r) ? 0 : b * fractions[r] * T;
  }
  const bytesPerRow = 4 * 2 * G * K;
  return {
    flopsPerToken,
    blockRows,
    kvBytes: (outer * T + blockRows) * bytesPerRow,
    vanillaKvBytes: L * T * bytesPerRow,
  };
}
