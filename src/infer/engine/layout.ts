/**
 * How the memory of an engine is cut into parts that sequences get.
 *
 * @module
 */
import { requireChoice } from "../../common/choices.ts";
import type { DecoderConfig } from "../../model/config/config.ts";
import { blockLayers, capacities, outerLayers, ownsKeys } from "../../model/config/sharing.ts";
import type { CacheLayout } from "../../ops/slots.ts";

/** Rows of a unit for every recursion: divisible by N, so that shares of (N − r)/N are whole rows. */
const UNIT_ROWS = 8;

/** Bytes that every device binds at most: no layer's cache is larger unless more is asked for. */
const PORTABLE_BYTES = 128 * 2 ** 20;

/** What is kept of a decoder, and how it is cut. */
export interface EngineLayout extends CacheLayout {
  /** Unrolled layers outside routed recursions that have caches. */
  readonly outer: readonly number[];
  /** Layers of the routed block, b; 0 where nothing is routed. */
  readonly block: number;
  /** Bytes of a row of one layer. */
  readonly rowBytes: number;
}

/** Rows that recursions have of a unit: all, or their capacity of it (recursion.md §3); the first always has all. */
function unitRows({ recursion }: DecoderConfig, unit: number, room: "all" | "capacity"): number[] {
  return capacities(recursion).map((c, r) => r === 0 || room === "all" ? unit : Math.min(unit, Math.ceil(c * unit)));
}

/** Bytes of a unit outside the recursions, and by recursion. */
export function unitBytes({ outer, block, rowBytes, unit, units, share }: EngineLayout): [number, ...number[]] {
  const recursions = units.map((rows, r) => share && r > 0 ? 0 : block * rows * rowBytes);
  return [outer.length * unit * rowBytes, ...recursions];
}

/** Units that a sequence of as many tokens needs; its last token is never cached. */
export function unitsFor({ unit }: CacheLayout, tokens: number): number {
  return Math.max(1, Math.ceil((tokens - 1) / unit));
}

/** Tokens of a sequence that has all units; its last token is never cached. */
export function roomOf({ pool, unit }: CacheLayout): number {
  return pool * unit + 1;
}

/**
 * Cuts memory for a decoder: at most `bytes`, or enough for S sequences of all positions as far as every device can bind
 * it. No layer's cache has more than `maxTensorBytes` bytes.
 *
 * Throws a RangeError for hybrid keys and values, and for less memory than one unit.
 */
export function engineLayout(
  config: DecoderConfig,
  { S, bytes, room = "all", maxTensorBytes = Infinity }: {
    S: number;
    bytes?: number;
    room?: "all" | "capacity";
    maxTensorBytes?: number;
  },
): EngineLayout {
  const { L, G, K, maxPositions, recursion: { routing, kv, N, sharing } } = config;
  if (kv === "hybrid") {
    throw new RangeError(
      'Cannot make an engine: kv is "hybrid", which depends on rows to come; expected "recursion" or "share"',
    );
  }
  requireChoice("make an engine", "room", room, ["all", "capacity"]);
  if (room === "capacity" && routing !== "expert") {
    throw new RangeError(`Cannot make an engine: room is "capacity", but routing is "${routing}", expected "expert"`);
  }
  const routed = routing !== "none";
  const unit = UNIT_ROWS * (routed ? N : 1);
  const layers = Array.from({ length: L }, (_, l) => l);
  const cut: EngineLayout = {
    pool: 0,
    unit,
    units: routed ? unitRows(config, unit, room) : [unit],
    share: routed && kv === "share",
    outer: routed ? (outerLayers(sharing) ? [0, L - 1] : []) : layers.filter((l) => ownsKeys(config, l)),
    block: routed ? blockLayers(config) : 0,
    rowBytes: 4 * 2 * G * K,
  };
  const deepest = cut.share || !routed ? unit : cut.units.reduce((sum, rows) => sum + rows, 0);
  const largest = Math.min(maxTensorBytes, bytes === undefined ? PORTABLE_BYTES : Infinity);
  const most = Math.floor(largest / (deepest * cut.rowBytes));
  const whole = S * unitsFor(cut, maxPositions);
  const perUnit = unitBytes(cut).reduce((sum, bytes) => sum + bytes, 0);
  if (most < 1) {
    const least = deepest * cut.rowBytes;
    throw new RangeError(`Cannot make an engine: ${largest} bytes for the cache of a layer, ${least} is the least`);
  }
  const pool = Math.min(whole, most, Math.floor((bytes ?? Infinity) / perUnit));
  if (!(pool >= 1)) {
    throw new RangeError(`Cannot make an engine: ${bytes} bytes of cache, ${perUnit} is the least`);
  }
  return { ...cut, pool };
}
