/**
 * Refrain: transformers that reuse their layers, on any GPU that speaks WebGPU.
 *
 * ```ts ignore
 * import { Decoder } from "@refrain/transformers";
 *
 * await using decoder = await Decoder.load("path/to/checkpoint", { device: "webgpu" });
 * for await (const { text } of decoder.generate("Once upon a time", { maxNewTokens: 60 })) console.log(text);
 * ```
 *
 * @module
 */
export { type DeviceName, openDevice } from "./api/device.ts";
export { Decoder } from "./api/decoder.ts";
export { Encoder } from "./api/encoder.ts";
export { loadModel } from "./api/load_model.ts";
export type { CreateOptions, DeviceOptions, LoadOptions } from "./api/load.ts";
export { Model, type SaveOptions } from "./api/model.ts";
export type {
  CommonConfig,
  ConfigObject,
  DecoderConfig,
  EncoderConfig,
  ExpertsConfig,
  RecursionSettings,
} from "./api/config.ts";
export { decoderPreset, encoderPreset } from "./api/extras.ts";

export type { OpenOptions } from "./kernels/host/open_options.ts";
export type { WeightDtype } from "./src/checkpoint/save.ts";
export type { Progress } from "./src/checkpoint/safetensors.ts";
export type { CheckpointSource } from "./src/checkpoint/source.ts";
export type { DecoderResult, ForwardOptions } from "./src/infer/decoder_forward.ts";
export type { EncoderForwardOptions, EncoderResult } from "./src/infer/encoder_forward.ts";
export type { Candidate, FillOptions } from "./src/infer/fill.ts";
export type { NumberedPiece, Prompt } from "./src/infer/generate.ts";
export type { GenerateOptions, LogitsProcessor, Piece } from "./src/infer/generate_options.ts";
export type { EngineOptions, EngineStatus, Finish, Generation } from "./src/infer/engine/api.ts";
export { Engine } from "./src/infer/engine/engine.ts";
export type { Perplexity, PerplexityOptions } from "./src/infer/score/perplexity.ts";
export type { Score, ScoreOptions, SelectionOptions } from "./src/infer/score/score.ts";
export type { TokenScore, TopToken } from "./src/infer/score/token_list.ts";
export type { Tokenizer } from "./src/infer/tokenizer.ts";
export type { WarmupOptions } from "./src/infer/rehearse.ts";
export type { CutSequence, TruncateOptions } from "./src/infer/truncation.ts";
export type { Encoded, EncodeOptions } from "./src/infer/vectors.ts";
export { decoderPresetNames, encoderPresetNames } from "./src/model/config/presets.ts";
export type { MergeOptions } from "./src/model/merge.ts";
export type { ExpertResult, RecursionResult } from "./src/model/results.ts";
export { type Device, type HostTensor, ShortageError } from "./src/op/device.ts";
export type { Pooling } from "./src/op/kinds.ts";

export { CausalLM, type CausalLMOptions } from "./src/train/causal_lm.ts";
export type { TrainingBatch } from "./src/train/data/batches.ts";
export type { LossFactors } from "./src/train/gradients.ts";
export { MaskedLM, type MaskedLMOptions } from "./src/train/masked_lm.ts";
export { learningRate, type Schedule } from "./src/train/schedule.ts";
export { type StepLine, Trainer, type TrainerOptions } from "./src/train/trainer.ts";
export type { OptimizerConfig, OptimizerState } from "./src/train/update.ts";
