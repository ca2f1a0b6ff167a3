/**
 * Options of a trainer.
 *
 * @module
 */
import { checkOptions, number, oneOf, record, required } from "../common/options.ts";
import type { OptimizerConfig } from "./update.ts";

/** How to train. */
export interface TrainerOptions {
  /** How weights move. */
  readonly optimizer: OptimizerConfig;
  /** Microbatches of a step. */
  readonly accumulate: number;
  /** Steps between two readings: as many lines are kept on the device. */
  readonly logEvery: number;
  /** Recursions computed again in the backward pass instead of being kept. */
  readonly remat: "none" | "recursion";
  /** Step of loss-free balancing, u (docs/mor.md, "Router losses"). */
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
