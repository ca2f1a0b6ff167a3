/**
 * Loading models: what decoders and encoders have in common.
 *
 * @module
 */
import type { OpenModelOptions } from "../src/checkpoint/open.ts";
import type { Progress } from "../src/checkpoint/safetensors.ts";
import type { Checkpoint } from "../src/checkpoint/shards.ts";
import { openSource } from "../src/checkpoint/open_source.ts";
import { memorySource } from "../src/checkpoint/source_memory.ts";
import type { CheckpointSource, Source, SourceOptions } from "../src/checkpoint/source.ts";
import {
  callback,
  checkOptions,
  either,
  flag,
  oneOf,
  type OptionKinds,
  record,
  signal,
  text,
} from "../src/common/options.ts";
import { loadOn } from "../src/infer/load_on.ts";
import { loadTokenizer } from "../src/infer/load_tokenizer.ts";
import { placed, type Target } from "../src/infer/placed.ts";
import type { Tokenizer } from "../src/infer/tokenizer.ts";
import type { Json } from "../src/model/config/fields.ts";
import type { Device } from "../src/op/device.ts";
import type { Tensor } from "../src/op/op.ts";
import { type DeviceName, openForInference, SharedDevice } from "./device.ts";
import type { ModelParts } from "./model.ts";

/** Where a model runs, and how it reads text. */
export interface DeviceOptions {
  /** A device by name (then it belongs to the model), or one that is open already; `webgpu` unless given. */
  device?: DeviceName | Device;
  /** Text to ids; made from the checkpoint's `tokenizer.json`, where there is one, unless given. */
  tokenizer?: Tokenizer;
}

/** How to load a model. */
export interface LoadOptions extends DeviceOptions, SourceOptions {
  /** Content of `config.json`; needed where the source is one file of tensors in memory. */
  config?: Json;
  /** The `recursion` object of a decoder's configuration; the files of the MoR authors lack it. */
  recursion?: Json;
  /** Called with the bytes of tensors that are there so far. */
  onProgress?: (progress: Progress) => void;
}

/** How to make a model with fresh weights. */
export interface CreateOptions extends DeviceOptions {
  /** Seed of the weights; 0 unless given. */
  seed?: number;
}

/** Kinds of {@link DeviceOptions}. */
export const deviceKinds: OptionKinds<DeviceOptions> = {
  device: either(oneOf(["webgpu", "reference"]), record),
  tokenizer: record,
};

/** Throws for options of loading that are unknown or of another kind. */
export function checkLoading(options: LoadOptions): void {
  checkOptions("load a model", options, {
    ...{ ...deviceKinds, config: record, recursion: record, onProgress: callback, signal },
    ...{ token: text, endpoint: text, cache: either(flag, text), offline: flag },
  });
}

/** The device of some options. */
export async function deviceOf({ device = "webgpu" }: DeviceOptions): Promise<Target<Tensor>> {
  return typeof device === "string"
    ? { device: await openForInference(device), owned: true }
    : { device, owned: false };
}

/** What opening a checkpoint gives. */
interface Opened {
  readonly checkpoint: Checkpoint;
  readonly config: { readonly V: number };
  readonly json: Json;
}

/** A loaded model. */
interface Loaded {
  readonly model: { dispose(): void };
}

/** An open device, and the files of a checkpoint. */
export interface Place {
  /** The device. */
  readonly target: Target<Tensor>;
  /** The files. */
  readonly source: Source;
}

/** Files of most checkpoints beside their tensors; they are requested together. */
const USUAL = [
  ...["config.json", "tokenizer.json", "generation_config.json"],
  ...["tokenizer_config.json", "special_tokens_map.json"],
];

/** A source with another `config.json`. */
function withConfig(source: Source, config: Json): Source {
  const name = "config.json", bytes = new TextEncoder().encode(JSON.stringify(config));
  const own = memorySource({ [name]: bytes }), of = (file: string) => file === name ? own : source;
  return {
    ...source,
    has: (file) => of(file).has(file),
    size: (file) => of(file).size(file),
    sizeSoFar: source.sizeSoFar && ((file) => (file === name ? own.size : source.sizeSoFar!)(file)),
    read: (file, start, end, watch) => of(file).read(file, start, end, watch),
  };
}

/** Opens a device, then a checkpoint, and loads a model; where that fails, an owned device is closed. */
export async function loading<R extends Loaded>(
  from: CheckpointSource,
  options: LoadOptions,
  load: (place: Place) => Promise<R>,
): Promise<R> {
  checkLoading(options);
  const files = openSource(from, { ...options, optimistic: true });
  const source = options.config ? withConfig(files, options.config) : files, target = await deviceOf(options);
  try {
    return await currently(source, () => load({ target, source }));
  } catch (error) {
    if (target.owned) await target.device.close();
    throw error;
  } finally {
    await source.release?.();
  }
}

/** Loads from kept files while the server is asked whether they are current, and once more where they are not. */
async function currently<R extends Loaded>(source: Source, load: () => Promise<R>): Promise<R> {
  const { file = "model.safetensors" } = source, names = [...USUAL, file];
  source.prefetch?.(names);
  const loaded = await load().catch(async (error) => {
    if (await source.confirm?.() ?? true) throw error;
  });
  if (loaded && (await source.confirm?.() ?? true)) return loaded;
  loaded?.model.dispose();
  await source.release?.();
  source.prefetch?.(names);
  return await load();
}

/** Opens a checkpoint onto a device and makes its model; where that fails, all is freed but the device. */
export async function loadParts<O extends Opened, M extends { ready(): Promise<void>; dispose(): void }>(
  { target: { device, owned }, source }: Place,
  { signal, onProgress, tokenizer: given }: LoadOptions,
  open: (options: OpenModelOptions<Tensor>) => Promise<O>,
  make: (device: Device, opened: O, tokenizer?: Tokenizer) => M,
): Promise<ModelParts<M>> {
  const [opened, tokenizer] = await loadOn(device, async (convert) => {
    const opened = await open({ signal, onProgress, convert });
    return [opened, given ?? await loadTokenizer(source, opened.config.V)] as const;
  });
  const model = await placed({ device, owned: false }, () => make(device, opened, tokenizer));
  return { model, shared: new SharedDevice(device, owned), json: opened.json, source };
}

/** Makes a model with fresh weights; where there is no room for them, all is freed. */
export async function createParts<M extends { ready(): Promise<void>; dispose(): void }>(
  options: DeviceOptions,
  make: (device: Device) => M,
): Promise<ModelParts<M>> {
  const target = await deviceOf(options);
  const model = await placed(target, () => make(target.device));
  return { model, shared: new SharedDevice(target.device, target.owned), json: {} };
}
