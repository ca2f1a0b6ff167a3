/**
 * Tables of measured windows beside their theoretical bounds.
 *
 * @module
 */
import type { Entrant } from "./contest.ts";
import { activeOf, bestTime, type Bound, costOf, type Rates } from "./limits.ts";
import type { Lengths } from "./shapes.ts";
import type { Window } from "./window.ts";
import { median } from "../support/median.ts";

/** All that is reported of a variant. */
export interface Line {
  readonly name: string;
  /** Sequences in flight. */
  readonly slots: number;
  /** Unrolled layers. */
  readonly layers: number;
  /** Tokens per second: median, least, most. */
  readonly rate: readonly [number, number, number];
  /** Median speedup over vanilla, its upper bound, and the limiting resource. */
  readonly speedup: number;
  /** The same by the processors' time for a token, where they are the adapter. */
  readonly workSpeedup: number;
  /** Seconds of the processors' time for a token. */
  readonly workPerToken: number;
  readonly limit: number;
  readonly by: Bound;
  /** Billions of floating-point operations, and of bytes at least moved, per second. */
  readonly gflops: number;
  readonly gbytes: number;
  /** Part of the FLOPs of full depth that was not done. */
  readonly skipped: number;
  /** Fraction of tokens in each recursion, as measured. */
  readonly active: readonly number[];
  /** Milliseconds to the first token: submitted at once, and with a free slot. */
  readonly first: number;
  readonly firstFree: number;
  readonly dispatchesPerToken: number;
  /** Bytes reserved for all sequences; those of the block over vanilla's block at as many sequences. */
  readonly reserved: number;
  readonly blockRatio: number;
  /** Most bytes in use at a time, outside the recursions and by recursion; and the ratio of the block then. */
  readonly inUse: readonly number[];
  readonly inUseRatio: number;
  /** Tokens that share a call of the block. */
  readonly rows: number;
  /** Part of the time in which the device had nothing to do. */
  readonly idle: number;
}

/** One line per variant, beside its vanilla one. */
export function report(entrants: readonly Entrant[], adapter: Rates, lengths: Lengths): Line[] {
  return entrants.map((entrant) => {
    const { variant: { name, slots, config, vanilla }, windows, reserved } = entrant;
    const base = entrants.find(({ variant }) => variant.name === vanilla)!;
    const depths = windows[0].depths.map((_, r) => windows.reduce((sum, { depths }) => sum + depths[r], 0));
    const tokens = windows.reduce((sum, { tokens }) => sum + tokens, 0);
    const steps = windows.reduce((sum, { steps }) => sum + steps, 0);
    const active = activeOf(depths);
    const cost = costOf(config, active, lengths, slots);
    const best = bestTime(cost, adapter);
    const full = costOf(config, active.map(() => 1), lengths, slots);
    const other = bestTime(costOf(base.variant.config, [1], lengths, base.variant.slots), adapter);
    const rates = windows.map(({ rate }) => rate);
    const of = (value: (window: typeof windows[number]) => number) => median(windows.map(value));
    const peak = windows.map(({ peak }) => peak).at(-1)!;
    const routed = config.recursion.routing !== "none";
    const block = peak.bytesInUse.reduce((sum, bytes) => sum + bytes, 0);
    return {
      ...{ name, slots, layers: config.L, active },
      rate: [median(rates), Math.min(...rates), Math.max(...rates)],
      workPerToken: of(({ work, tokens }) => work / tokens),
      workSpeedup: median(windows.map((window, round) => timesLessWork(window, base.windows[round]))),
      speedup: median(rates.map((rate, round) => rate / base.windows[round].rate)),
      ...{ limit: other.seconds / best.seconds, by: best.by, skipped: 1 - cost.flops / full.flops },
      ...{ gflops: cost.flops * median(rates) / 1e9, gbytes: cost.bytes * median(rates) / 1e9 },
      ...{ first: of(({ first }) => first), firstFree: of(({ firstFree }) => firstFree) },
      dispatchesPerToken: windows.reduce((sum, { dispatches }) => sum + dispatches, 0) / tokens,
      ...{ reserved: reserved.all * slots, blockRatio: reserved.block / base.reserved.block },
      inUse: [peak.outerBytesInUse, ...peak.bytesInUse],
      inUseRatio: routed ? block / (peak.outerBytesInUse / 2 * (config.L - 2)) : 1,
      rows: tokens * active.reduce((sum, f) => sum + f, 0) / steps,
      idle: 1 - of(({ busy }) => busy),
    };
  });
}

/** Ratio of the processor time per token of two windows. */
export function timesLessWork(one: Window, other: Window): number {
  return other.work / other.tokens / (one.work / one.tokens);
}

const MEBI = 2 ** 20;

/** Columns of the table: a heading and its cells. */
const COLUMNS: readonly (readonly [string, (line: Line) => string])[] = [
  ["variant", ({ name }) => name],
  ["L", ({ layers }) => `${layers}`],
  ["B", ({ slots }) => `${slots}`],
  ["tokens/s", ({ rate: [middle, least, most] }) => `${middle.toFixed(0)} (${least.toFixed(0)}–${most.toFixed(0)})`],
  ["× vanilla", ({ speedup }) => speedup.toFixed(2)],
  ["by work", ({ workSpeedup }) => workSpeedup.toFixed(2)],
  ["limit", ({ limit, by }) => `${limit.toFixed(2)} ${by}`],
  [
    "reached",
    ({ speedup, workSpeedup, limit }) =>
      [speedup, workSpeedup].map((times) => `${(100 * times / limit).toFixed(0)} %`).join(", "),
  ],
  ["GFLOP/s, GB/s", ({ gflops, gbytes }) => `${gflops.toFixed(1)}, ${gbytes.toFixed(2)}`],
  ["skipped", ({ skipped }) => `${(100 * skipped).toFixed(0)} %`],
  ["active", ({ active }) => active.map((f) => f.toFixed(2)).join(" ")],
  ["rows", ({ rows }) => rows.toFixed(1)],
  ["first, ms", ({ first, firstFree }) => `${first.toFixed(0)}, ${firstFree.toFixed(0)}`],
  ["KV, MiB", ({ reserved }) => (reserved / MEBI).toFixed(1)],
  ["block/vanilla", ({ blockRatio, inUseRatio }) => `${blockRatio.toFixed(4)}, used ${inUseRatio.toFixed(2)}`],
  ["used, MiB", ({ inUse }) => inUse.map((bytes) => (bytes / MEBI).toFixed(1)).join(" ")],
  ["dispatches", ({ dispatchesPerToken }) => dispatchesPerToken.toFixed(1)],
  ["idle", ({ idle }) => Number.isNaN(idle) ? "?" : `${(100 * idle).toFixed(1)} %`],
];

/** The table as text. */
export function tableOf(lines: readonly Line[]): string {
  const cells = [COLUMNS.map(([heading]) => heading), ...lines.map((line) => COLUMNS.map(([, text]) => text(line)))];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd()).join("\n");
}
