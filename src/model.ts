/**
 * The definition of both models: configurations in axis letters, parameters, forward passes, generation, engine.
 *
 * @module
 */
export { type CorpusOptions, sampleDocuments } from "./infer/corpus.ts";
export { DecoderModel } from "./infer/decoder.ts";
export type { DecoderResult, ForwardOptions } from "./infer/decoder_forward.ts";
export { EncoderModel } from "./infer/encoder.ts";
export type { EncoderForwardOptions, EncoderResult } from "./infer/encoder_forward.ts";
export type { EngineOptions, EngineStatus, Finish, Generation, TextEngine } from "./infer/engine/api.ts";
export { Engine } from "./infer/engine/engine.ts";
export { type Candidate, fill, type FillOptions } from "./infer/fill.ts";
export { generate, type NumberedPiece, type Prompt } from "./infer/generate.ts";
export type { GenerateOptions, LogitsProcessor, Piece } from "./infer/generate_options.ts";
export { loadTokenizer } from "./infer/load_tokenizer.ts";
export { type Perplexity, perplexity, type PerplexityOptions } from "./infer/score/perplexity.ts";
export { type Score, score, type ScoreOptions, type SelectionOptions } from "./infer/score/score.ts";
export type { ScoredSequence } from "./infer/score/score_inputs.ts";
export type { TextOrIds } from "./infer/score/scored_texts.ts";
export type { TokenScore, TopToken } from "./infer/score/token_list.ts";
export type { TokenScores, TokenScoresOptions } from "./infer/score/token_scores.ts";
export type { Tokenizer } from "./infer/tokenizer.ts";
export type { CutSequence, TruncateOptions } from "./infer/truncation.ts";
export type { EmbedOptions, Encoded, EncodeOptions } from "./infer/vectors.ts";
export type { TextDecoding } from "./infer/window_decoding.ts";
export { type Account, account } from "./model/account.ts";
export { type Batch, packRows } from "./model/batch.ts";
export type { DecoderConfig, KeyValues, LossCoefficients, RecursionConfig, Sharing } from "./model/config/config.ts";
export { decoderJson, type DecoderReading, describeSharing, parseDecoderConfig } from "./model/config/decoder_json.ts";
export type { EncoderConfig, LocalAttention } from "./model/config/encoder_config.ts";
export { encoderJson, type EncoderReading, parseEncoderConfig } from "./model/config/encoder_json.ts";
export { FieldError, type Json } from "./model/config/fields.ts";
export { describeConfigKeys } from "./model/config/keys/describe.ts";
export { keptKeys } from "./model/config/keys/keep.ts";
export type { ReadingOptions } from "./model/config/keys/read.ts";
export { keyTables, modelTypeOf } from "./model/config/keys/tables.ts";
export type { MolConfig } from "./model/config/mol_config.ts";
export { decoderPreset, decoderPresetNames, encoderPreset, encoderPresetNames } from "./model/config/presets.ts";
export type { DenseStep, SentenceConfig, VectorStep } from "./model/config/sentence.ts";
export { capacities, uniqueLayer } from "./model/config/sharing.ts";
export type { SpecialIds } from "./model/config/token_ids.ts";
export { decode, type DecoderInputs, type DecoderOutputs, type ExpertUse, headLogits } from "./model/decoder.ts";
export { type DecoderParams, decoderSchema, type RouterParams } from "./model/decoder_schema.ts";
export { encode, type EncoderInputs, type EncoderOutputs, maskedLogits } from "./model/encoder.ts";
export { type EncoderParams, encoderSchema } from "./model/encoder_schema.ts";
export { groupSequences } from "./model/groups.ts";
export type { HeadInputs } from "./model/head.ts";
export { initialize } from "./model/init.ts";
export type { KvCache, KvRows, KvScope } from "./model/kv.ts";
export type { BalanceCounts, LossTerms, LossTotals, LossValues } from "./model/losses.ts";
export type { MergeOptions } from "./model/merge.ts";
export type { Noise } from "./model/noise.ts";
export {
  countParameters,
  type FeedForwardParams,
  type Initializer,
  type LayerParams,
  mapParams,
  type MolParams,
  type Parameter,
  parameter,
  parametersOf,
  type Part,
} from "./model/parameters.ts";
export type { ExpertResult, RecursionResult } from "./model/results.ts";
export { RopeTables } from "./model/rope_tables.ts";
export type { RecursionTrace, Route, Routing, RoutingOptions } from "./model/routing.ts";
export type { Subset } from "./model/subset.ts";
export {
  type Device,
  hostIndices,
  type HostTensor,
  hostTensor,
  type HostTensors,
  hostZeros,
  type Program,
  ShortageError,
} from "./op/device.ts";
export type { Leaf, OnDevice } from "./op/tree.ts";
