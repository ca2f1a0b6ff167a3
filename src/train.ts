/**
 * Training: objectives, the step, starting points, data and runs.
 *
 * @module
 */
export * from "./train/config/config.ts";
export { type ConfigOptions } from "./train/config/data.ts";
export { describeTrainingKeys, type TrainingKey, trainingKeys } from "./train/config/keys.ts";
export { readTrainingConfig } from "./train/config/read.ts";
export * from "./train/config/settings.ts";
export * from "./train/evaluate.ts";
export { type LossFactors, type LossSeeds } from "./train/gradients.ts";
export * from "./train/guard.ts";
export * from "./train/masked_lm.ts";
export * from "./train/causal_lm.ts";
export type { Computed, ComputeOptions, MicrobatchStart, Objective } from "./train/objective.ts";
export type { LMOptions, Teacher } from "./train/language_model.ts";
export * from "./train/schedule.ts";
export * from "./train/statistics.ts";
export * from "./train/trainer.ts";
export { type OptimizerConfig, type OptimizerState } from "./train/update.ts";
export * from "./train/start/extend.ts";
export type { StartingPoint, Trained } from "./train/start/starting_point.ts";
export * from "./train/start/teacher.ts";
export * from "./train/start/up_train.ts";
export { type Batches, type TrainingBatch, type WindowOptions } from "./train/data/batches.ts";
export { countWords, type Merges, trainBpe } from "./train/data/bpe.ts";
export * from "./train/data/masking.ts";
export * from "./train/data/next_token.ts";
export * from "./train/data/permutation.ts";
export * from "./train/data/reader.ts";
export * from "./train/data/split.ts";
export * from "./train/data/tokenizer_json.ts";
export { openTokens, type StoredTokens } from "./train/data/open_tokens.ts";
export type { TokenIndex } from "./train/data/token_index.ts";
export * from "./train/data/write_tokens.ts";
export * from "./train/run/checkpoints.ts";
export * from "./train/run/log.ts";
export * from "./train/run/parts.ts";
export * from "./train/run/run.ts";
export { schemaOf, type Start, startingWeights, type Weights } from "./train/run/start.ts";
export * from "./train/run/task.ts";
