/**
 * Loading models: what decoders and encoders have in common.
 *
 * @module
 */
import type { OpenModelOptions } from "../src/checkpoint/open.ts";
import type { Progress } from "../src/checkpoint/safetensors.ts";
import type { Checkpoint } from "../src/checkpoint/shards.ts";
import { callback, checkOptions, either, oneOf, type OptionKinds, record, signal } from "../src/common/options.ts";
import { loadOn, type Target } from "../src/infer/load_on.ts";
import { loadTokenizer } from "../src/infer/load_tokenizer.ts";
import { placed } from "../src/infer/placed.ts";
import type { Tokenizer } from "../src/infer/tokenizer.ts";
import type { Json } from "../src/model/config/fields.ts";
import type { Device } from "../src/op/device.ts";
import type { Tensor } from "../src/op/op.ts";
import { type DeviceName, openDevice, SharedDevice } from "./device.ts";
import type { ModelParts } from "./model.ts";

/** Where a model runs, and how it reads text. */
export interface DeviceOptions {
  /** A device by name (then it belongs to the model), or one that is open already; `webgpu` unless given. */
  device?: DeviceName | Device;
  /** Text to ids; made from the checkpoint's `tokenizer.json`, where there is one, unless given. */
  tokenizer?: Tokenizer;
}

/** How to load a model. */
export interface LoadOptions extends DeviceOptions {
  /** The `recursion` object of a decoder's configuration; the files of the MoR authors lack it. */
  recursion?: Json;
  /** Called with the bytes read so far. */
  onProgress?: (progress: Progress) => void;
  /** Aborts loading. */
  signal?: AbortSignal;
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
  checkOptions("load a model", options, { ...deviceKinds, recursion: record, onProgress: callback, signal });
}

/** The device of some options. */
export async function deviceOf({ device = "webgpu" }: DeviceOptions): Promise<Target<Tensor>> {
  return typeof device === "string" ? { device: await openDevice(device), owned: true } : { device, owned: false };
}

/** What opening a checkpoint gives. */
interface Opened {
  readonly checkpoint: Checkpoint;
  readonly config: { readonly V: number };
  readonly json: Json;
}

/** Opens a checkpoint onto a device and makes its model; where that fails, all is freed. */
export async function loadParts<O extends Opened, M extends { ready(): Promise<void>; dispose(): void }>(
  options: LoadOptions,
  open: (options: OpenModelOptions<Tensor>) => Promise<O>,
  make: (device: Device, opened: O, tokenizer?: Tokenizer) => M,
): Promise<ModelParts<M>> {
  const { signal, onProgress, tokenizer: given } = options;
  const { opened: [opened, tokenizer], ...target } = await loadOn(() => deviceOf(options), async (convert) => {
    const opened = await open({ signal, onProgress, convert });
    return [opened, given ?? await loadTokenizer(opened.checkpoint.source, opened.config.V)] as const;
  });
  const model = await placed(target, () => make(target.device, opened, tokenizer));
  const shared = new SharedDevice(target.device, target.owned);
  return { model, shared, json: opened.json, source: opened.checkpoint.source };
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
