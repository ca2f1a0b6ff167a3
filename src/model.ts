/**
 * The definition of both models: configurations in axis letters, parameters, forward passes, generation, engine.
 *
 * @module
 */
export * from "./op/device.ts";
export { Lifetime } from "./common/lifetime.ts";
export * from "./model/account.ts";
export * from "./model/batch.ts";
export * from "./model/block.ts";
export * from "./model/cache.ts";
export * from "./model/config/config.ts";
export * from "./model/decoder.ts";
export * from "./model/config/decoder_json.ts";
export * from "./model/decoder_schema.ts";
export * from "./model/encoder.ts";
export * from "./model/config/sentence.ts";
export * from "./model/config/encoder_config.ts";
export * from "./model/config/encoder_json.ts";
export * from "./model/encoder_schema.ts";
export * from "./model/feed_forward.ts";
export type { Json } from "./model/config/fields.ts";
export * from "./model/groups.ts";
export { describeConfigKeys } from "./model/config/keys/describe.ts";
export { keptKeys } from "./model/config/keys/keep.ts";
export type { ReadingOptions } from "./model/config/keys/read.ts";
export type { KeyRules, KeyTable, Rule } from "./model/config/keys/rule.ts";
export { keyTables, type ModelType, modelTypeOf } from "./model/config/keys/tables.ts";
export * from "./model/init.ts";
export * from "./model/layer.ts";
export type { Noise } from "./model/noise.ts";
export * from "./model/losses.ts";
export * from "./model/merge.ts";
export type { MolConfig } from "./model/config/mol_config.ts";
export * from "./model/parameters.ts";
export * from "./model/unrolled.ts";
export * from "./model/config/presets.ts";
export * from "./model/recursion.ts";
export * from "./model/rope_tables.ts";
export * from "./model/config/sharing.ts";
export type { SpecialIds } from "./model/config/token_ids.ts";
export * from "./infer/corpus.ts";
export * from "./infer/decoder.ts";
export * from "./infer/encoder.ts";
export type { EmbedOptions } from "./infer/vectors.ts";
export * from "./infer/engine/api.ts";
export * from "./infer/engine/engine.ts";
export * from "./infer/fill.ts";
export * from "./infer/generate.ts";
export * from "./infer/generate_options.ts";
export * from "./infer/stop_text.ts";
export type { ExpertResult, RecursionResult } from "./model/results.ts";
export { loadTokenizer } from "./infer/load_tokenizer.ts";
export type { Tokenizer } from "./infer/tokenizer.ts";
export type { TextDecoding } from "./infer/window_decoding.ts";
