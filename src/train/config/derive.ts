/**
 * Settings of the training step that follow from a training configuration.
 *
 * @module
 */
import type { LossFactors } from "../gradients.ts";
import type { Schedule } from "../schedule.ts";
import type { OptimizerConfig } from "../update.ts";
import type { DataConfig, TrainingConfig } from "./config.ts";

/** Schedule of the learning rate. */
export function scheduleOf(
  { schedule, optimizer, steps }: Pick<TrainingConfig, "schedule" | "optimizer" | "steps">,
): Schedule {
  return { ...schedule, peak: optimizer.learning_rate, steps };
}

/** Settings of AdamW. */
export function optimizerOf({ optimizer }: Pick<TrainingConfig, "optimizer">): OptimizerConfig {
  const { beta1, beta2, eps, weight_decay: decay, clip, average: ema } = optimizer;
  return { beta1, beta2, eps, decay, clip, ema };
}

/** Special tokens of masked sequences. */
export function markTokens(
  { mask_token: mask, begin_token: begin, end_token: end }: Pick<
    DataConfig,
    "mask_token" | "begin_token" | "end_token"
  >,
): { readonly mask: string; readonly begin?: string; readonly end?: string } {
  return { mask, begin: begin || undefined, end: end || undefined };
}

/** Factors of loss terms: those of the teacher, and those that replace the model's own. */
export function factorsOf({ losses, teacher }: Pick<TrainingConfig, "losses" | "teacher">): LossFactors {
  const factors = {
    routerAux: losses.router_aux,
    routerZ: losses.router_z,
    routerBalance: losses.router_balance,
    molBalance: losses.mol_balance,
    klDivergence: teacher?.divergence,
    cosine: teacher?.cosine,
  };
  return Object.fromEntries(Object.entries(factors).filter(([, factor]) => factor !== undefined));
}
