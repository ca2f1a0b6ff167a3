/**
 * How the learning rate and the routers' capacity change during training (docs/mor.md, "Training" and "Router losses").
 *
 * @module
 */

import { checkOptions, number, oneOf, required } from "../common/options.ts";
import { requireFloat32 } from "../common/float32.ts";

/** A learning rate over the updates of a run: linear warm-up, the peak, then a decay to the final value. */
export interface Schedule {
  /** Decay: none; linear or half a cosine from the end of the warm-up; or linear over the last share of the steps. */
  readonly kind: "constant" | "linear" | "cosine" | "trapezoid";
  /** Highest learning rate. */
  readonly peak: number;
  /** Updates of the whole run. */
  readonly steps: number;
  /** Updates of the linear warm-up; 0 starts at the peak. */
  readonly warmup: number;
  /** Trapezoid only: share of all updates over which it decays; 0.2 unless given (docs/mor.md, "Training"). */
  readonly decay?: number;
  /** Final rate as a share of the peak; 0 unless given. */
  readonly final?: number;
}

/** Step at which the decay begins; the number of steps without a decay. */
function decayStart({ kind, steps, warmup, decay = 0.2 }: Schedule): number {
  if (kind === "constant") return steps;
  return kind === "trapezoid" ? steps - steps * decay : warmup;
}

/**
 * Checks a schedule.
 *
 * @throws RangeError with the numbers when a rate or share is out of range, or warm-up and decay do not fit into the steps
 */
export function checkSchedule(schedule: Schedule): void {
  const each = required(number), kinds = ["constant", "linear", "cosine", "trapezoid"];
  checkOptions("schedule the learning rate", schedule, {
    kind: required(oneOf(kinds)),
    peak: each,
    steps: each,
    warmup: each,
    decay: number,
    final: number,
  });
  requireFloat32("schedule the learning rate", "peak", schedule.peak);
  const fault = scheduleFault(schedule);
  if (fault) throw new RangeError(`Cannot schedule the learning rate: ${fault}`);
}

/** The reason why warm-up, decay and steps do not fit together, with the numbers; undefined if they do. */
export function scheduleFault(schedule: Schedule): string | undefined {
  const { kind, steps, warmup, decay = 0.2, final = 0 } = schedule;
  if (!(Number.isSafeInteger(steps) && steps > 0)) return `${steps} steps, expected a whole number of at least 1`;
  if (!(Number.isSafeInteger(warmup) && warmup >= 0)) return `a warm-up of ${warmup} steps, expected a whole number`;
  if (!(final >= 0 && final <= 1)) return `the final share of the peak is ${final}, expected 0 to 1`;
  if (kind === "trapezoid" && !(decay > 0 && decay <= 1)) return `it decays over a share of ${decay}, expected 0 to 1`;
  const start = decayStart(schedule);
  if (warmup > start || (kind !== "constant" && start >= steps)) {
    const after = kind === "constant" ? "" : `, and the decay begins at step ${start}`;
    return `a warm-up of ${warmup} steps does not fit into ${steps}${after}`;
  }
}

/**
 * The learning rate of an update, counted from 1; after the last one it stays at the final value.
 *
 * With w warm-up steps, s where the decay begins, and d = (step − s)/(steps − s) in [0, 1]:
 *
 *     peak·step/w                       up to w
 *     peak·(final + (1 − final)·(1 − d))              linear, trapezoid
 *     peak·(final + (1 − final)·½(1 + cos(π·d)))      cosine
 *
 * @throws RangeError as {@link checkSchedule} does
 *
 * ```ts
 * import { learningRate } from "@refrain/transformers/train";
 * const schedule = { kind: "trapezoid", peak: 3e-3, steps: 1000, warmup: 100 } as const;
 * [50, 500, 900, 1000].map((step) => learningRate(schedule, step)); // [0.0015, 0.003, 0.0015, 0]
 * ```
 */
export function learningRate(schedule: Schedule, step: number): number {
  checkSchedule(schedule);
  const { kind, peak, steps, warmup, final = 0 } = schedule;
  if (step < warmup) return peak * step / warmup;
  const start = decayStart(schedule);
  if (step <= start || kind === "constant") return peak;
  const done = Math.min(1, (step - start) / (steps - start));
  const left = kind === "cosine" ? (1 + Math.cos(Math.PI * done)) / 2 : 1 - done;
  return peak * (final + (1 - final) * left);
}

/**
 * The fraction of tokens that a recursion keeps in the capacity warm-up (docs/mor.md, "Router losses"): from all of them at
 * step 0 down to c at step `warm`,
 *
 *     c + (1 − c)·½(1 + cos(π·min(1, step/warm)))
 */
export function warmedCapacity(c: number, step: number, warm: number): number {
  return step >= warm ? c : c + (1 - c) * (1 + Math.cos(Math.PI * step / warm)) / 2;
}
