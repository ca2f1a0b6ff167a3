/**
 * Index maps of recursion: the unique layer of an unrolled layer, and the tokens that a recursion keeps.
 *
 * @module
 */
import type { DecoderConfig, RecursionConfig, Sharing } from "./config.ts";

/** Layers that belong to no recursion block: the first and the last of the Middle variants. */
export function outerLayers(sharing: Sharing): 0 | 2 {
  return sharing.startsWith("middle_") ? 2 : 0;
}

/** Layers of the recursion block, b. */
export function blockLayers({ L, recursion: { sharing, N } }: Pick<DecoderConfig, "L" | "recursion">): number {
  return sharing === "none" ? L : (L - outerLayers(sharing)) / N;
}

/** Unique layers: L without sharing, else b plus the outer ones. */
export function uniqueLayers(config: Pick<DecoderConfig, "L" | "recursion">): number {
  return blockLayers(config) + outerLayers(config.recursion.sharing);
}

/** Unique layer used by unrolled layer l (arXiv 2507.10524, Table 1; docs/mor.md, "Parameter sharing"). */
export function uniqueLayer(config: Pick<DecoderConfig, "L" | "recursion">, l: number): number {
  const { L, recursion: { sharing, N } } = config;
  const b = blockLayers(config);
  switch (sharing) {
    case "none":
      return l;
    case "cycle":
      return l % b;
    case "sequence":
      return Math.floor(l / N);
    case "middle_cycle":
      return l === 0 ? 0 : l === L - 1 ? b + 1 : (l - 1) % b + 1;
    case "middle_sequence":
      return l === 0 ? 0 : l === L - 1 ? b + 1 : Math.floor((l - 1) / N) + 1;
  }
}

/** Whether unrolled layer l computes keys and values; with shared ones, only the first use of its weights does. */
export function ownsKeys(config: Pick<DecoderConfig, "L" | "recursion">, l: number): boolean {
  if (config.recursion.kv !== "share") return true;
  const u = uniqueLayer(config, l);
  return Array.from({ length: l }, (_, earlier) => uniqueLayer(config, earlier)).every((other) => other !== u);
}

/** The reason why N recursions cannot share L layers, with the nearest possible L; undefined if they can. */
export function sharingFault(L: number, sharing: Sharing, N: number): string | undefined {
  const outer = outerLayers(sharing);
  const shared = L - outer;
  if (sharing === "none" || (shared > 0 && shared % N === 0)) return undefined;
  const fit = Math.max(1, Math.round(shared / N)) * N + outer;
  const larger = Math.max(1, Math.ceil(shared / N)) * N + outer;
  const what = outer ? `${L} layers less the first and last` : `${L} layers`;
  return `${what} do not divide by ${N} recursions for sharing "${sharing}"; ` +
    `the nearest number of layers that fits is ${fit}${larger > fit ? `, the next larger one ${larger}` : ""}`;
}

/** c_r = (N − r + 1)/N for r = 1..N unless given (docs/mor.md, "Expert-choice"). */
export function capacities({ N, capacity }: Pick<RecursionConfig, "N" | "capacity">): readonly number[] {
  return capacity ?? Array.from({ length: N }, (_, r) => (N - r) / N);
}

/** k_r = max(1, int(c_r·T)), in double. */
export function keptTokens(capacity: number, T: number): number {
  return Math.max(1, Math.trunc(capacity * T));
}

/** A bound on Σ_b k_r(T_b) that depends on M rows and B sequences only. */
export function keptAtMost(capacity: number, M: number, B: number): number {
  return Math.min(M, Math.floor(capacity * M) + B);
}
