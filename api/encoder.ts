/**
 * Encoders.
 *
 * @module
 */
import { openEncoder } from "../src/checkpoint/open.ts";
import { readSentence } from "../src/checkpoint/sentence.ts";
import type { CheckpointSource } from "../src/checkpoint/source.ts";
import { checkOptions, number } from "../src/common/options.ts";
import { type EncoderForwardOptions, EncoderModel, type EncoderResult } from "../src/infer/encoder.ts";
import { type Candidate, fill, type FillOptions } from "../src/infer/fill.ts";
import type { Encoded, EncodeOptions } from "../src/infer/vectors.ts";
import type { WarmupOptions } from "../src/infer/rehearse.ts";
import { type EncoderParams, encoderSchema } from "../src/model/encoder_schema.ts";
import type { MergeOptions } from "../src/model/merge.ts";
import type { HostTensor } from "../src/op/device.ts";
import { type EncoderConfig, encoderOf, encoderWords } from "./config.ts";
import {
  type CreateOptions,
  createParts,
  deviceKinds,
  loading,
  type LoadOptions,
  loadParts,
  type Place,
} from "./load.ts";
import { Model, type ModelParts } from "./model.ts";

let make: (parts: ModelParts<EncoderModel>) => Encoder;

/** Loads an encoder from files that are open. */
export async function loadEncoder(place: Place, options: LoadOptions): Promise<Encoder> {
  if (options.recursion) throw new RangeError("Cannot load a model: recursion is for decoders, this is an encoder");
  const parts = await loadParts(
    place,
    options,
    async (how) => {
      const opened = await openEncoder(place.source, { head: "optional", ...how });
      return { ...opened, sentence: await readSentence(place.source, opened.config) };
    },
    (device, { config, params, hasHead, sentence }, tokenizer) =>
      new EncoderModel(device, config, params, tokenizer, hasHead, sentence),
  );
  return make(parts);
}

/** A bidirectional encoder: ModernALBERT or ModernBERT. */
export class Encoder extends Model<EncoderModel, EncoderConfig> {
  readonly #parts: ModelParts<EncoderModel>;

  private constructor(parts: ModelParts<EncoderModel>) {
    super(parts, encoderWords(parts.model.config));
    this.#parts = parts;
  }

  /**
   * Loads a checkpoint from a folder, a URL, a model of the Hub, or files in memory (docs/loading.md).
   *
   * The modules of a sentence-transformers folder say how `encode` makes vectors. Throws one error that lists
   * missing, unexpected and misshapen tensors, and names modules and settings that the library does not compute.
   *
   * ```ts ignore
   * const input = document.querySelector<HTMLInputElement>("input[webkitdirectory]")!;
   * await using encoder = await Encoder.load(input.files!);
   * ```
   */
  static load(source: CheckpointSource, options: LoadOptions = {}): Promise<Encoder> {
    return loading(source, options, (place) => loadEncoder(place, options));
  }

  static {
    make = (parts) => new Encoder(parts);
  }

  /**
   * Makes an encoder with fresh weights, by a preset's name or a configuration.
   *
   * ```ts ignore
   * await using encoder = await Encoder.create("modernalbert-tiny", { seed: 7 });
   * ```
   */
  static async create(config: string | EncoderConfig, options: CreateOptions = {}): Promise<Encoder> {
    checkOptions("create a model", options, { ...deviceKinds, seed: number });
    const { encoderPreset, initialize } = await import("./extras.ts");
    const sizes = encoderOf(typeof config === "string" ? encoderPreset(config) : config);
    const params = initialize<EncoderParams<HostTensor>>(encoderSchema(sizes), options.seed ?? 0);
    return new Encoder(
      await createParts(options, (device) => new EncoderModel(device, sizes, params, options.tokenizer)),
    );
  }

  /**
   * Runs sequences of ids: hidden states and experts of every row; logits and losses where asked for.
   *
   * Throws a RangeError for empty sequences, ids outside the vocabulary and too many tokens.
   */
  forward(sequences: readonly ArrayLike<number>[], options: EncoderForwardOptions = {}): Promise<EncoderResult> {
    return this.model.forward(sequences, options);
  }

  /**
   * One vector a text, [B, width], of any number of texts, as the checkpoint declares and the options say; texts that lost
   * tokens are listed under `cut`.
   *
   * Throws for an empty text, a model without tokenizer, and a vector that is not finite.
   *
   * ```ts ignore
   * await using encoder = await Encoder.load("models/stories-modernalbert");
   * const { shape, data } = await encoder.encode(["A cat.", "A dog."], { pooling: "mean", normalize: true });
   * ```
   */
  encode(texts: readonly string[], options: EncodeOptions = {}): Promise<Encoded> {
    return this.model.encode(texts, options);
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
    return fill(this.model, text, options);
  }

  /**
   * Compiles the pipelines of vectors, hidden states and masks, all at the same time, so that the first call is quick. Does
   * nothing on the reference device.
   *
   * Throws where a pipeline cannot be compiled, or the signal aborts.
   *
   * ```ts ignore
   * await using encoder = await Encoder.load("models/stories-modernalbert");
   * await encoder.warmup();
   * ```
   */
  async warmup(options: WarmupOptions = {}): Promise<void> {
    const { warmEncoder } = await import("./extras.ts");
    await warmEncoder(this.model, options);
  }

  /** An encoder without experts on the same device. Throws when this one has none. */
  async merge(options: MergeOptions = {}): Promise<Encoder> {
    return new Encoder({ ...this.#parts, model: await this.model.merge(options) });
  }
}
