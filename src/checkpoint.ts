/**
 * Checkpoints: safetensors and config.json, read and written.
 *
 * @module
 */
export * from "./checkpoint/files.ts";
export type { TensorEntry } from "./checkpoint/header.ts";
export { BYTES_OF, type Dtype } from "./checkpoint/dtypes.ts";
export { readJson } from "./checkpoint/json.ts";
export type { JsonLimits } from "./checkpoint/json_fault.ts";
export * from "./checkpoint/layout.ts";
export { loadParameters, type LoadParametersOptions } from "./checkpoint/load.ts";
export * from "./checkpoint/open.ts";
export type { Progress, ReadOptions } from "./checkpoint/safetensors.ts";
export * from "./checkpoint/save.ts";
export * from "./checkpoint/shards.ts";
export * from "./checkpoint/open_source.ts";
export type * from "./checkpoint/source.ts";
export * from "./checkpoint/write.ts";
