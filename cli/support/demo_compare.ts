/** The same forward pass on several devices: how long it takes, and how far apart the results are. */
import type { ExpertResult } from "../../src/model/results.ts";

/** What a forward pass of either model returned, as far as it is compared. */
export interface Result {
  /** Logits or hidden states. */
  readonly values: ArrayLike<number>;
  /** Recursions run by each token. */
  readonly depth: ArrayLike<number>;
  /** Uses of experts. */
  readonly experts: readonly ExpertResult[];
}

/** A result and how long it took, in milliseconds. */
export interface Run extends Result {
  /** The first time, with everything that is prepared only once. */
  readonly first: number;
  /** Median of the times after that. */
  readonly median: number;
}

/** Runs a forward pass once, and `times` times more. */
export async function measured(forward: () => Promise<Result>, times: number): Promise<Run> {
  const timed = async () => {
    const started = performance.now();
    const result = await forward();
    return { result, ms: performance.now() - started };
  };
  const first = await timed();
  const again: number[] = [];
  for (let i = 0; i < times; i++) again.push((await timed()).ms);
  const median = again.sort((a, b) => a - b)[again.length >> 1] ?? first.ms;
  return { ...first.result, first: first.ms, median };
}

/** How far a device is from the exact result, beside how far float32 itself is. */
export interface Agreement {
  /** The largest difference of WebGPU from the reference in float64. */
  readonly difference: number;
  /** The largest difference of the reference in float32 from that in float64: what rounding alone does. */
  readonly rounding: number;
  /** How far float32 may take it, measured by noise of each operation's own error bound. */
  readonly bound: number;
  /** The largest value. */
  readonly greatest: number;
  /** Whether depths and experts of all tokens are the same. */
  readonly sameRouting: boolean;
}

function largest(a: ArrayLike<number>, difference: (i: number) => number): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const value = Math.abs(difference(i));
    if (!(value <= most)) most = value; // NaN wins
  }
  return most;
}

function sameRouting(a: Result, b: Result): boolean {
  const same = (x: ArrayLike<number>, y: ArrayLike<number>) =>
    x.length === y.length && Array.from(x).every((value, i) => value === y[i]);
  return same(a.depth, b.depth) && a.experts.length === b.experts.length &&
    a.experts.every((use, i) => same(use.rows, b.experts[i].rows) && same(use.experts, b.experts[i].experts));
}

/** Compares a device with the reference in both precisions. */
export function agreement(device: Result, single: Result, exact: Result, bound: number): Agreement {
  return {
    bound,
    difference: largest(exact.values, (i) => device.values[i] - exact.values[i]),
    rounding: largest(exact.values, (i) => single.values[i] - exact.values[i]),
    greatest: largest(exact.values, (i) => exact.values[i]),
    sameRouting: sameRouting(device, single) && sameRouting(single, exact),
  };
}

/** Whether a device agrees with the reference. */
export function agrees({ difference, bound, sameRouting }: Agreement): boolean {
  return sameRouting && difference <= bound;
}
