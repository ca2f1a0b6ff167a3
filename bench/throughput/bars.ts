/**
 * What has to be reached.
 *
 * @module
 */
import type { Entrant } from "./contest.ts";
import { type Line, timesLessWork } from "./report.ts";
import { median } from "../support/median.ts";

/** A measured number and its target. */
export interface Bar {
  readonly what: string;
  readonly value: number;
  /** At least, at most, or exactly. */
  readonly bar: readonly [">=" | "<=" | "=", number];
}

/** Whether it was reached. */
export function reached({ value, bar: [relation, bar] }: Bar): boolean {
  if (relation === "=") return Math.abs(value - bar) < 1e-9;
  return relation === ">=" ? value >= bar : value <= bar;
}

/** A bar in words. */
export function lineOf(bar: Bar): string {
  const { what, value, bar: [relation, least] } = bar;
  const text = (number: number) => number >= 100 ? number.toFixed(0) : number.toFixed(3);
  return `  ${reached(bar) ? "reached" : "MISSED "}  ${what}: ${text(value)}, bar ${relation} ${text(least)}`;
}

/** How many times as fast one variant is as another, by the clock and by processor time; nothing where one was left out. */
function timesAsFast(entrants: readonly Entrant[], name: string, other: string): [string, number][] {
  const [a, b] = [name, other].map((wanted) => entrants.find(({ variant }) => variant.name === wanted)?.windows);
  if (!a || !b) return [];
  return [
    [`${name} over ${other}`, median(a.map(({ rate }, round) => rate / b[round].rate))],
    [`${name} over ${other} by processor time`, median(a.map((window, round) => timesLessWork(window, b[round])))],
  ];
}

/** The bars of the variants that were run; on a GPU MoR-4 at its largest batch has to be 2.06 times as fast as vanilla. */
export function barsOf(entrants: readonly Entrant[], lines: readonly Line[], gpu: boolean): Bar[] {
  const bars: Bar[] = [];
  for (const { variant: { name, depthCapacity, config: { recursion: { N, kv } } } } of entrants) {
    const { blockRatio, idle, speedup, workSpeedup, limit, slots } = lines.find((line) => line.name === name)!;
    if (name === "mor-4") {
      bars.push({ what: `${name}, share of its limit`, value: speedup / limit, bar: [">=", 0.9] });
      if (!gpu) {
        bars.push({ what: `${name}, the same by processor time`, value: workSpeedup / limit, bar: [">=", 0.9] });
      }
    }
    if (name === "mor-4-max" && gpu) bars.push({ what: `${name} over vanilla`, value: speedup, bar: [">=", 2.06] });
    if (depthCapacity === "capacity") {
      const ratio = kv === "share" ? 1 / N : (N + 1) / (2 * N);
      bars.push({ what: `${name}, bytes of the block over vanilla's`, value: blockRatio, bar: ["=", ratio] });
    }
    if (slots === 32 && !Number.isNaN(idle) && /^(vanilla|mor-.)/.test(name)) {
      bars.push({ what: `${name}, part of the time in which the device waits`, value: idle, bar: ["<=", 0.1] });
    }
  }
  for (const other of ["mor-4-waiting", "recursive-4"]) {
    for (const [what, value] of timesAsFast(entrants, "mor-4", other).slice(0, gpu ? 1 : 2)) {
      bars.push({ what, value, bar: [">=", 1.3] });
    }
  }
  return bars;
}
