/**
 * Checkpoints: safetensors and config.json, read and written.
 *
 * @module
 */
export { BYTES_OF, type Dtype } from "./checkpoint/dtypes.ts";
export { type Chunks, writeFilesAtomically, type WriteOptions } from "./checkpoint/files.ts";
export type { TensorEntry } from "./checkpoint/header.ts";
export { readJson } from "./checkpoint/json.ts";
export type { JsonLimits } from "./checkpoint/json_fault.ts";
export { authorsLayout, type Layout, nativeLayout } from "./checkpoint/layout.ts";
export { loadParameters, type LoadParametersOptions } from "./checkpoint/load.ts";
export {
  openDecoder,
  type OpenDecoderOptions,
  type OpenedDecoder,
  type OpenedEncoder,
  type OpenedModel,
  openEncoder,
  type OpenEncoderOptions,
  type OpenModelOptions,
} from "./checkpoint/open.ts";
export { openSource } from "./checkpoint/open_source.ts";
export type { Progress, ReadOptions } from "./checkpoint/safetensors.ts";
export { carriedFiles, type SavedModel, saveModel, WEIGHT_DTYPES, type WeightDtype } from "./checkpoint/save.ts";
export { type Checkpoint, type CheckpointOptions, openCheckpoint } from "./checkpoint/shards.ts";
export type { CheckpointSource, Source, SourceOptions } from "./checkpoint/source.ts";
export { encodeSafetensors, type TensorToWrite, type WrittenDtype } from "./checkpoint/write.ts";
