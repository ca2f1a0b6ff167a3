/**
 * What decoding a token costs at least: floating-point operations and bytes, from the depths that tokens ran.
 *
 * @module
 */
import type { DecoderConfig } from "../../src/model/config/config.ts";
import { blockLayers, outerLayers } from "../../src/model/config/sharing.ts";
import type { Peaks } from "../support/peak.ts";
import type { Lengths } from "./shapes.ts";

/** What a token costs. */
export interface Cost {
  /** Floating-point operations: projections, attention at the mean context, head, its share of a prompt. */
  readonly flops: number;
  /** Bytes: weights by the rows that share a call, keys and values of its context. */
  readonly bytes: number;
}

/** What an adapter can do. */
export interface Rates extends Peaks {
  /** Whether it is a processor, whose caches hold what a call reads again. */
  readonly software: boolean;
}

/** What a token waits for. */
export type Bound = "FLOPs" | "bytes";

/** Layers with the fraction of tokens that run them, the fraction of earlier ones that they see, and whether they own keys. */
type Part = { layers: number; active: number; seen: number; owns: boolean };

function partsOf(config: DecoderConfig, active: readonly number[]): Part[] {
  const { L, recursion: { routing, kv, sharing } } = config;
  if (routing === "none") return [{ layers: L, active: 1, seen: 1, owns: true }];
  const outer = { layers: outerLayers(sharing), active: 1, seen: 1, owns: true };
  const shares = kv === "share";
  return [
    outer,
    ...active.map((f, r) => ({
      layers: blockLayers(config),
      active: f,
      seen: shares ? 1 : f,
      owns: !shares || r === 0,
    })),
  ];
}

/**
 * Cost of a new token (docs/mor.md, "FLOPs", with the true width of keys, head and prompts): `active` is the fraction of
 * tokens in each recursion, `rows` how many share a call.
 */
export function costOf(config: DecoderConfig, active: readonly number[], lengths: Lengths, rows: number): Cost {
  const { D, H, G, K, F, V } = config;
  const { prompt, output: [mean, deviation] } = lengths;
  const parts = partsOf(config, active);
  const linear = (owns: boolean) => D * K * (2 * H + (owns ? 2 * G : 0)) + 3 * D * F;
  const sum = (of: (part: Part) => number) => parts.reduce((total, part) => total + part.layers * of(part), 0);
  const flopsAt = (context: number) =>
    sum(({ active, seen, owns }) => active * (2 * linear(owns) + 4 * H * K * seen * context));
  // a token of an output of n sees prompt + n/2 on average, and longer outputs have more tokens
  const context = prompt + (mean * mean + deviation * deviation) / (2 * mean);
  const prompts = (prompt - 1) / mean;
  return {
    flops: flopsAt(context) + prompts * flopsAt(prompt / 2) + 2 * D * V,
    bytes: 4 * (
      (sum(({ active, owns }) => active * linear(owns)) + D * V) / rows +
      sum(({ active, seen }) => active * 2 * G * K * seen * context)
    ),
  };
}

/** What holds an adapter up, and how long a token takes at best, in seconds; software adapters only compute. */
export function bestTime({ flops, bytes }: Cost, { gflops, gbytes, software }: Rates): { seconds: number; by: Bound } {
  const [compute, memory] = [flops / gflops / 1e9, bytes / gbytes / 1e9];
  return software || compute >= memory ? { seconds: compute, by: "FLOPs" } : { seconds: memory, by: "bytes" };
}

/** Fractions of tokens that ran each recursion, from how many ran 1, 2, … N. */
export function activeOf(depths: readonly number[]): number[] {
  const all = depths.reduce((sum, count) => sum + count, 0);
  return depths.map((_, r) => depths.slice(r).reduce((sum, count) => sum + count, 0) / all);
}
