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
import { type OpenOptions, openWebGpu } from "./kernels/mod.ts";
import { ReferenceDevice } from "./reference/mod.ts";
import type { Checkpoint } from "./src/checkpoint/shards.ts";
import type { CheckpointSource } from "./src/checkpoint/source.ts";
import type { Progress } from "./src/checkpoint/safetensors.ts";
import { openDecoder, openEncoder } from "./src/checkpoint/open.ts";
import { readSentence } from "./src/checkpoint/sentence.ts";
import type { Device } from "./src/op/device.ts";
import type { Json } from "./src/model/config/fields.ts";
import { DecoderModel } from "./src/infer/decoder.ts";
import { EncoderModel } from "./src/infer/encoder.ts";
import type { EngineOptions } from "./src/infer/engine/api.ts";
import { Engine } from "./src/infer/engine/engine.ts";
import { type Candidate, fill, type FillOptions } from "./src/infer/fill.ts";
import { generate, type GenerateOptions, type Piece } from "./src/infer/generate.ts";
import { loadOn } from "./src/infer/load_on.ts";
import { loadTokenizer } from "./src/infer/load_tokenizer.ts";
import { placed } from "./src/infer/placed.ts";
import type { Tokenizer } from "./src/infer/tokenizer.ts";

export * from "./src/mod.ts";
export { ReferenceDevice } from "./reference/mod.ts";
export { type OpenOptions, openWebGpu, WebGpuDevice } from "./kernels/mod.ts";

/** Where a model runs: WebGPU, or the readable reference. */
export type DeviceName = "webgpu" | "reference";

/**
 * Opens a device by name.
 *
 * Throws when WebGPU is asked for and there is no adapter: the library never falls back on its own.
 */
export async function openDevice(name: DeviceName, options: OpenOptions = {}): Promise<Device> {
  if (name === "webgpu") return await openWebGpu(options);
  if (name === "reference") return new ReferenceDevice();
  throw new RangeError(`Cannot open the device ${JSON.stringify(name)}: expected "webgpu" or "reference"`);
}

/** How to load a model. */
export interface LoadOptions {
  /** A device by name (then it belongs to the model), or one that is open already; `webgpu` unless given. */
  device?: DeviceName | Device;
  /** Text to ids; made from the checkpoint's `tokenizer.json`, where there is one, unless given. */
  tokenizer?: Tokenizer;
  /** Told of bytes read. */
  onProgress?: (progress: Progress) => void;
  /** Aborts loading. */
  signal?: AbortSignal;
}

/** How to load a decoder. */
export interface DecoderLoadOptions extends LoadOptions {
  /** The `recursion` object of a `config.json`, for checkpoints that have none (the MoR authors' files). */
  recursion?: Json;
}

async function deviceOf({ device = "webgpu" }: LoadOptions): Promise<{ device: Device; owned: boolean }> {
  return typeof device === "string" ? { device: await openDevice(device), owned: true } : { device, owned: false };
}

/** The tokenizer that is given, or that of the checkpoint. */
async function tokenizerOf(
  { checkpoint, config }: { readonly checkpoint: Checkpoint; readonly config: { readonly V: number } },
  { tokenizer }: LoadOptions,
): Promise<Tokenizer | undefined> {
  return tokenizer ?? await loadTokenizer(checkpoint.source, config.V);
}

/** A causal decoder: Llama, recursive, or Mixture-of-Recursions. */
export class Decoder extends DecoderModel {
  #owned = false;

  /**
   * Loads a checkpoint from a folder, a URL, or files in memory.
   *
   * Throws one error that lists what is missing, unexpected and misshapen.
   */
  static async load(source: CheckpointSource, options: DecoderLoadOptions = {}): Promise<Decoder> {
    const { opened, device, owned } = await loadOn(() => deviceOf(options), async (place) => {
      const opened = await openDecoder(source, { ...options, place });
      return { ...opened, tokenizer: await tokenizerOf(opened, options) };
    });
    const { config, params, tokenizer } = opened;
    const decoder = await placed({ device, owned }, () => new Decoder(device, config, params, tokenizer));
    decoder.#owned = owned;
    return decoder;
  }

  /**
   * Continues a text, piece by piece: the likeliest token every time, unless options ask for chance.
   *
   * ```ts ignore
   * await using decoder = await Decoder.load("models/stories-mor");
   * const options = { temperature: 0.8, topP: 0.95, seed: 7, maxNewTokens: 120, stop: ["The end"] };
   * for await (const { text, depth, logProb } of decoder.generate("Once upon a time", options)) console.log(text);
   * ```
   */
  generate(prompt: string, options: GenerateOptions = {}): AsyncGenerator<Piece> {
    return generate(this, prompt, options);
  }

  /**
   * Makes an engine, which serves many requests together: continuous depth-wise batching where tokens differ in depth.
   *
   * ```ts ignore
   * await using decoder = await Decoder.load("models/stories-mor");
   * await using engine = await decoder.engine({ slots: 8 });
   * for await (const { text } of engine.submit("Once upon a time", { maxNewTokens: 40 })) console.log(text);
   * ```
   */
  engine(options: EngineOptions = {}): Promise<Engine> {
    return Engine.open(this, options);
  }

  /** Frees the weights, and the device if it was opened by `load`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
    if (this.#owned) await this.device[Symbol.asyncDispose]();
  }
}

/** A bidirectional encoder: ModernALBERT or ModernBERT. */
export class Encoder extends EncoderModel {
  #owned = false;

  /**
   * Loads a checkpoint from a folder, a URL, or files in memory.
   *
   * The modules of a sentence-transformers folder say how `encode` makes vectors. Throws one error that lists what is
   * missing, unexpected and misshapen, and names modules and settings that the library does not compute.
   */
  static async load(source: CheckpointSource, options: LoadOptions = {}): Promise<Encoder> {
    const { opened, device, owned } = await loadOn(() => deviceOf(options), async (place) => {
      const opened = await openEncoder(source, { head: "optional", ...options, place });
      const sentence = await readSentence(opened.checkpoint.source, opened.config);
      return { ...opened, sentence, tokenizer: await tokenizerOf(opened, options) };
    });
    const { config, params, hasHead, tokenizer, sentence } = opened;
    const make = () => new Encoder(device, config, params, tokenizer, hasHead, sentence);
    const encoder = await placed({ device, owned }, make);
    encoder.#owned = owned;
    return encoder;
  }

  /**
   * The likeliest tokens for every mask of a text: one list a mask, best first. Throws for a text without masks.
   *
   * ```ts ignore
   * await using encoder = await Encoder.load("models/stories-modernalbert");
   * const [[best]] = await encoder.fill("Once upon a [MASK], there was a little girl.");
   * console.log(best.text, best.probability);
   * ```
   */
  fill(text: string, options: FillOptions = {}): Promise<Candidate[][]> {
    return fill(this, text, options);
  }

  /** Frees the weights, and the device if it was opened by `load`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
    if (this.#owned) await this.device[Symbol.asyncDispose]();
  }
}
