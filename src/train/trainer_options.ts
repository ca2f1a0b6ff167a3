/**
 * Options of a trainer.
 *
 * @module
 */
import { checkOptions, number, oneOf, record, required } from "../common/options.ts";
import type { OptimizerConfig } from "./update.ts";

/** Options of {@link Trainer}. */
export interface TrainerOptions {
  /** Optimizer settings. */
  readonly optimizer: OptimizerConfig;
  /** Number of microbatches of a step. */
  readonly accumulate: number;
  /** Maximum number of steps between two readings, and of the metrics kept on the device. */
  readonly logEvery: number;
  /** Whether recursions are recomputed in the backward pass instead of kept. */
  readonly remat: "none" | "recursion";
  /** Step size u of loss-free balancing (docs/mor.md, "Router losses"). */
  readonly biasRate: number;
}

/** Throws a RangeError for options that are unknown, missing or of another type. */
export function checkTraining(options: TrainerOptions): void {
  checkOptions("train", options, {
    optimizer: required(record),
    accumulate: required(number),
    logEvery: required(number),
    remat: required(oneOf(["none", "recursion"])),
    biasRate: required(number),
  });
  const each = required(number);
  checkOptions("train", options.optimizer, {
    beta1: each,
    beta2: each,
    eps: each,
    decay: each,
    clip: each,
    ema: each,
  });
}
