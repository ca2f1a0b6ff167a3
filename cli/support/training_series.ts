/** Curves of a training log, thinned and smoothed for a picture. */
import type { HeldOut } from "../../src/train/evaluate.ts";
import type { LogLine, StepLogLine } from "../../src/train/run/log_lines.ts";

/** A point of a curve; `series` is its legend entry. */
export interface Point {
  readonly step: number;
  readonly series: string;
  readonly value: number;
}

/** Values of a step by series; undefined ones are left out. */
export type Values = Iterable<readonly [series: string, value: number | undefined]>;

/** Maximum number of points of a curve. */
const MOST = 360;

/** Means of neighbouring points, MOST of them at most, each at the last of its steps; values that are not finite are skipped. */
export function thinned(points: readonly Point[], most = MOST): Point[] {
  const size = Math.ceil(points.length / most) || 1;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const bucket = points.slice(i * size, (i + 1) * size);
    const value = bucket.reduce((sum, point) => sum + point.value, 0) / bucket.length;
    return { ...bucket[bucket.length - 1], value };
  }).filter(({ value }) => Number.isFinite(value));
}

/** Means over `window` neighbours, an odd number, fewer at both ends; numbers that are not finite are left out. */
export function averaged(points: readonly Point[], window = windowOf(points.length)): Point[] {
  const known = points.filter(({ value }) => Number.isFinite(value));
  const half = (window - 1) / 2;
  const sums = [0];
  for (const { value } of known) sums.push(sums[sums.length - 1] + value);
  return known.map((point, i) => {
    const [from, to] = [Math.max(0, i - half), Math.min(known.length, i + half + 1)];
    return { ...point, value: (sums[to] - sums[from]) / (to - from) };
  });
}

/** Steps over which a curve of so many steps is averaged. */
export const windowOf = (steps: number): number => 2 * Math.round(steps / 100) + 1;

/** The steps of a log. */
export function stepsOf(lines: readonly LogLine[]): StepLogLine[] {
  return lines.filter((line) => line.kind === "step");
}

/** Numbers of every step that has them, as curves by series. */
export function curves(lines: readonly LogLine[], of: (line: StepLogLine) => Values): Point[][] {
  const found = new Map<string, Point[]>();
  for (const line of stepsOf(lines)) {
    for (const [series, value] of of(line)) {
      if (value === undefined) continue;
      if (!found.has(series)) found.set(series, []);
      found.get(series)!.push({ step: line.step, series, value });
    }
  }
  return [...found.values()];
}

/** Names of held-out measurements in a legend. */
export const HELD_OUT = {
  plain: "held out",
  topk: "held out, top-k",
  threshold: "held out, threshold",
} as const;

/** Held-out points of all evaluations. */
export function heldOutPoints(lines: readonly LogLine[], of?: (heldOut: HeldOut) => number | undefined): Point[] {
  return lines.flatMap((line) =>
    !of || line.kind !== "evaluation" ? [] : Object.entries(line.heldOut).flatMap(([selection, heldOut]) => {
      const value = heldOut && of(heldOut);
      if (value === undefined || !Number.isFinite(value)) return [];
      return [{ step: line.step, series: HELD_OUT[selection as keyof typeof HELD_OUT], value }];
    })
  );
}
