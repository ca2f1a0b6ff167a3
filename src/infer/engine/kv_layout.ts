/**
 * Layout of an engine's KV caches: pages of a few rows, of which each sequence has a contiguous range.
 *
 * @module
 */
import { requireChoice } from "../../common/choices.ts";
import type { DecoderConfig } from "../../model/config/config.ts";
import { blockLayers, capacities, outerLayers, ownsKeys } from "../../model/config/sharing.ts";
import type { KvLayout } from "../../ops/slots.ts";

/** Rows of a page for every recursion: divisible by N, so that shares of (N − r)/N are whole rows. */
const PAGE_ROWS = 8;

/** Bytes that every device binds at most: no layer's cache is larger unless more is asked for. */
const PORTABLE_BYTES = 128 * 2 ** 20;

/** Bytes of one layer's keys and values at most, 2³¹ − 4: the largest binding of common adapters. */
const MOST_BYTES = 2 ** 31 - 4;

/** Bytes of all keys and values where the number of new tokens is not given. */
const DEFAULT_BYTES = 2 ** 29;

/** Layout of the KV caches of a decoder. */
export interface EngineLayout extends KvLayout {
  /** Unrolled layers outside routed recursions that have caches. */
  readonly outer: readonly number[];
  /** Layers of the routed block, b; 0 where nothing is routed. */
  readonly block: number;
  /** Bytes of a row of one layer. */
  readonly rowBytes: number;
  /** Tokens of a sequence at most. */
  readonly tokens: number;
}

/** Rows that recursions have of a page: all, or their capacity of it (docs/mor.md, "Expert-choice"); the first always has all. */
function rowsOfPage({ recursion }: DecoderConfig, rows: number, depthCapacity: "all" | "capacity"): number[] {
  return capacities(recursion).map((c, r) =>
    r === 0 || depthCapacity === "all" ? rows : Math.min(rows, Math.ceil(c * rows))
  );
}

/** Bytes of a page outside the recursions, and by recursion. */
export function pageBytes(
  { outer, block, rowBytes, pageRows, recursionRows, share }: EngineLayout,
): [number, ...number[]] {
  const recursions = recursionRows.map((rows, r) => share && r > 0 ? 0 : block * rows * rowBytes);
  return [outer.length * pageRows * rowBytes, ...recursions];
}

/** Pages of a sequence of some tokens; its last token is never cached. */
export function pagesFor({ pageRows }: KvLayout, tokens: number): number {
  return Math.max(1, Math.ceil((tokens - 1) / pageRows));
}

/** Tokens of a sequence that has all pages; its last token is never cached. */
function roomOf({ pages, pageRows }: KvLayout): number {
  return pages * pageRows + 1;
}

/** Rows of a page in each layer and recursion, without pages yet. Throws a RangeError for hybrid keys and values. */
function cutPages(config: DecoderConfig, depthCapacity: "all" | "capacity"): EngineLayout {
  const { L, G, K, maxPositions, recursion: { routing, kv, N, sharing } } = config;
  if (kv === "hybrid") {
    throw new RangeError(
      'Cannot make an engine: kv is "hybrid", which depends on rows to come; expected "recursion" or "share"',
    );
  }
  requireChoice("make an engine", "depthCapacity", depthCapacity, ["all", "capacity"]);
  if (depthCapacity === "capacity" && routing !== "expert") {
    throw new RangeError(
      `Cannot make an engine: depthCapacity is "capacity", but routing is "${routing}", expected "expert"`,
    );
  }
  const routed = routing !== "none";
  const pageRows = PAGE_ROWS * (routed ? N : 1);
  const layers = Array.from({ length: L }, (_, l) => l);
  return {
    pages: 0,
    pageRows,
    recursionRows: routed ? rowsOfPage(config, pageRows, depthCapacity) : [pageRows],
    share: routed && kv === "share",
    outer: routed ? (outerLayers(sharing) ? [0, L - 1] : []) : layers.filter((l) => ownsKeys(config, l)),
    block: routed ? blockLayers(config) : 0,
    rowBytes: 4 * 2 * G * K,
    tokens: maxPositions,
  };
}

/** Bytes of a page of all layers. */
function bytesPerPage(cut: EngineLayout): number {
  return pageBytes(cut).reduce((sum, bytes) => sum + bytes, 0);
}

/** Pages at most where no layer's cache is larger than a binding. Throws a RangeError where not even one fits. */
function mostPages({ share, recursionRows, rowBytes }: EngineLayout, largest: number): number {
  const least = rowBytes * (share ? recursionRows[0] : recursionRows.reduce((sum, rows) => sum + rows, 0));
  if (least <= largest) return Math.floor(largest / least);
  throw new RangeError(`Cannot make an engine: ${largest} bytes for the cache of a layer, ${least} is the least`);
}

/** Tokens that each of B sequences may have by default: 512 MiB for the keys and values of all. */
export function defaultRoom(config: DecoderConfig, B: number, maxTensorBytes = Infinity): number {
  const cut = cutPages(config, "all");
  const pages = Math.min(mostPages(cut, Math.min(maxTensorBytes, MOST_BYTES)), DEFAULT_BYTES / bytesPerPage(cut));
  return Math.min(config.maxPositions, Math.max(1, Math.floor(pages / B)) * cut.pageRows + 1);
}

/**
 * Cuts memory for sequences of these numbers of tokens at the same time, as far as a device can bind it.
 *
 * Throws a RangeError where the longest of them does not fit alone.
 */
export function fittingLayout(
  config: DecoderConfig,
  tokens: readonly number[],
  maxTensorBytes = Infinity,
): EngineLayout {
  const cut = cutPages(config, "all");
  const pages = tokens.reduce((sum, tokens) => sum + pagesFor(cut, tokens), 0);
  const most = mostPages(cut, Math.min(maxTensorBytes, MOST_BYTES)), longest = Math.max(...tokens);
  if (pagesFor(cut, longest) > most) {
    const needed = `a sequence of ${longest} tokens needs ${pagesFor(cut, longest) * cut.pageRows} rows of cache`;
    const reason = `${needed}, and there are at most ${most * cut.pageRows}; a smaller maxNewTokens needs fewer`;
    throw new RangeError(`Cannot generate: ${reason}`);
  }
  return { ...cut, pages: Math.min(pages, most), tokens: longest };
}

/**
 * Cuts memory for a decoder: at most `bytes`, or enough for S sequences of all positions as far as every device can bind
 * it. No layer's cache has more than `maxTensorBytes` bytes.
 *
 * Throws a RangeError for hybrid keys and values, and for less memory than one page.
 */
export function engineLayout(
  config: DecoderConfig,
  { S, bytes, depthCapacity = "all", maxTensorBytes = Infinity }: {
    S: number;
    bytes?: number;
    depthCapacity?: "all" | "capacity";
    maxTensorBytes?: number;
  },
): EngineLayout {
  const cut = cutPages(config, depthCapacity), perPage = bytesPerPage(cut);
  const most = mostPages(cut, Math.min(maxTensorBytes, bytes === undefined ? PORTABLE_BYTES : Infinity));
  const pages = Math.min(S * pagesFor(cut, config.maxPositions), most, Math.floor((bytes ?? Infinity) / perPage));
  if (!(pages >= 1)) {
    throw new RangeError(`Cannot make an engine: ${bytes} bytes of cache, ${perPage} is the least`);
  }
  return { ...cut, pages, tokens: Math.min(config.maxPositions, roomOf({ ...cut, pages })) };
}
