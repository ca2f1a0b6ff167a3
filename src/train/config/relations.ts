/**
 * Defaults of a training configuration that depend on other keys, and conditions on several keys.
 *
 * @module
 */
import { scheduleFault } from "../schedule.ts";
import type { TrainingConfig } from "./config.ts";
import { scheduleOf } from "./derive.ts";

/** Tokens of a sequence at most, where the configuration gives no number. */
const SEQUENCE = 256;

/** A configuration with the defaults that follow from its model; without one it stays as it is. */
export function withDefaults(config: TrainingConfig): TrainingConfig {
  const { model, objective, data, start, teacher } = config;
  if (!model || !data) return config;
  const { maxPositions, V } = model.config, from = start?.from ?? teacher?.from;
  return {
    ...config,
    objective: objective ?? (model.kind === "encoder" ? "masked" : "next_token"),
    data: {
      ...data,
      tokenizer: data.tokenizer ?? (from === undefined ? { train: V, fewer: true } : { path: from }),
      sequence_length: data.sequence_length ?? Math.min(SEQUENCE, maxPositions),
    },
  };
}

/** A condition on keys. */
interface Relation {
  /** The keys. */
  readonly keys: readonly string[];
  /** The reason where it does not hold. */
  readonly fault: (config: TrainingConfig) => string | undefined | false;
}

const relations: readonly Relation[] = [
  {
    keys: ["model", "objective"],
    fault: ({ model, objective }) =>
      (model.kind === "encoder") !== (objective === "masked") &&
      `training.objective is "${objective}", and training.model is ${
        model.kind === "encoder" ? "an" : "a"
      } ${model.kind}`,
  },
  {
    keys: ["model", "data.sequence_length"],
    fault: ({ model, data }) =>
      data.sequence_length > model.config.maxPositions &&
      `training.data.sequence_length is ${data.sequence_length}, the model has ${model.config.maxPositions} positions`,
  },
  {
    keys: ["model", "data.tokenizer"],
    fault: ({ model, data: { tokenizer } }) =>
      "train" in tokenizer && tokenizer.train > model.config.V &&
      `training.data.tokenizer is to have ${tokenizer.train} tokens, the model ${model.config.V}`,
  },
  {
    keys: ["teacher.cosine", "objective"],
    fault: ({ teacher, objective }) =>
      (teacher?.cosine ?? 0) > 0 && objective !== "masked" && `training.teacher.cosine needs objective "masked"`,
  },
  {
    keys: ["steps", "optimizer.learning_rate", ...["kind", "warmup", "decay", "final"].map((key) => `schedule.${key}`)],
    fault: (config) => {
      const fault = scheduleFault(scheduleOf(config));
      return fault && `training.schedule: ${fault}`;
    },
  },
];

/** Reasons of the conditions that do not hold, among those whose keys have no fault of their own. */
export function relationFaults(config: TrainingConfig, isFaulty: (key: string) => boolean): string[] {
  const sound = (key: string) => !isFaulty(key) && !isFaulty(key.split(".")[0]);
  return relations.filter(({ keys }) => keys.every(sound)).flatMap(({ fault }) => fault(config) || []);
}
