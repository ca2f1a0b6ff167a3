/**
 * Training: objectives, the step, starting points, data and runs.
 *
 * @module
 */
export type { Given, Row, RowValues, ValueOf } from "./model/config/row.ts";
export type { Routing } from "./model/results.ts";
export { CausalLM, type CausalLMOptions } from "./train/causal_lm.ts";
export type {
  DataConfig,
  NameIn,
  SampleConfig,
  StartConfig,
  StartMethod,
  TeacherConfig,
  TextSource,
  TrainedModel,
  TrainingConfig,
  TrainingSection,
  TrainingValues,
} from "./train/config/config.ts";
export { describeTrainingKeys } from "./train/config/describe.ts";
export { sampleKeys, type TrainingKey, trainingKeys } from "./train/config/keys.ts";
export { readTrainingConfig } from "./train/config/read.ts";
export type { ConfigOptions } from "./train/config/special.ts";
export type { Batches, TrainingBatch, WindowOptions } from "./train/data/batches.ts";
export { countWords, type Merges, trainBpe } from "./train/data/bpe.ts";
export { maskedBatches, type MaskingOptions } from "./train/data/masking.ts";
export { nextTokenBatches } from "./train/data/next_token.ts";
export { openTokens, type StoredTokens } from "./train/data/open_tokens.ts";
export { permuted } from "./train/data/permutation.ts";
export type { TokenReader, TokenStream } from "./train/data/reader.ts";
export type { TokenIndex } from "./train/data/token_index.ts";
export { type SpecialTokens, type TokenizerOptions, trainTokenizer } from "./train/data/tokenizer_json.ts";
export { type TokenDocument, writeTokens, type WriteTokensOptions } from "./train/data/write_tokens.ts";
export { bitsPerByte, type EvaluateOptions, type Evaluation, Evaluator } from "./train/evaluate.ts";
export type { LossFactors, LossSeeds } from "./train/gradients.ts";
export { DivergenceGuard } from "./train/guard.ts";
export type { LMOptions, Teacher } from "./train/language_model.ts";
export { MaskedLM, type MaskedLMOptions } from "./train/masked_lm.ts";
export type { Computed, ComputeOptions, MicrobatchInputs, MicrobatchStart, Objective } from "./train/objective.ts";
export { routingStatistics } from "./train/routing_counter.ts";
export { checkSchedule, learningRate, type Schedule } from "./train/schedule.ts";
export { extendDecoder, extendEncoder } from "./train/start/extend.ts";
export type { StartingPoint, Trained } from "./train/start/starting_point.ts";
export { type FromTeacherOptions, startFromTeacher } from "./train/start/teacher.ts";
export { upTrain, type UpTraining, type UpTrainOptions } from "./train/start/up_train.ts";
export type {
  DepthStatistics,
  ExpertStatistics,
  RecursionStatistics,
  RoutedConfig,
  RoutingStatistics,
} from "./train/statistics.ts";
export { type StepLine, Trainer } from "./train/trainer.ts";
export type { TrainerOptions } from "./train/trainer_options.ts";
export type { OptimizerConfig, OptimizerState } from "./train/update.ts";
