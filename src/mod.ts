/**
 * What the models are: operations, one definition of decoder and encoder, checkpoints. No numbers, no GPU.
 *
 * @module
 */
export * from "./op.ts";
export * from "./device.ts";
export * from "./vocabulary.ts";
export * from "./ops/activation.ts";
export * from "./ops/attention.ts";
export * from "./ops/cache.ts";
export * from "./ops/embed.ts";
export * from "./ops/experts.ts";
export * from "./ops/linear.ts";
export * from "./ops/losses.ts";
export * from "./ops/merge.ts";
export * from "./ops/norm.ts";
export * from "./ops/pool.ts";
export * from "./ops/rope.ts";
export * from "./ops/router.ts";
export * from "./ops/rows.ts";
export * from "./ops/sample.ts";
export * from "./ops/select.ts";
export * from "./model/account.ts";
export * from "./model/batch.ts";
export * from "./model/block.ts";
export * from "./model/config.ts";
export * from "./model/decoder.ts";
export * from "./model/decoder_json.ts";
export * from "./model/decoder_schema.ts";
export * from "./model/encoder.ts";
export * from "./model/encoder_config.ts";
export * from "./model/encoder_json.ts";
export * from "./model/encoder_schema.ts";
export * from "./model/feed_forward.ts";
export { type Json, nearest } from "./model/fields.ts";
export * from "./model/init.ts";
export * from "./model/layer.ts";
export * from "./model/losses.ts";
export * from "./model/merge.ts";
export type { MolConfig } from "./model/mol_config.ts";
export * from "./model/parameters.ts";
export * from "./model/presets.ts";
export * from "./model/recursion.ts";
export * from "./model/sharing.ts";
export * from "./checkpoint/files.ts";
export type { TensorEntry } from "./checkpoint/header.ts";
export { BYTES_OF, type Dtype } from "./checkpoint/dtypes.ts";
export { readJson } from "./checkpoint/json.ts";
export * from "./checkpoint/layout.ts";
export { type LoadOptions, loadParameters } from "./checkpoint/load.ts";
export * from "./checkpoint/open.ts";
export type { Progress, ReadOptions } from "./checkpoint/safetensors.ts";
export * from "./checkpoint/save.ts";
export * from "./checkpoint/shards.ts";
export * from "./checkpoint/source.ts";
export * from "./checkpoint/write.ts";
