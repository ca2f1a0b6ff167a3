/**
 * What decoders and encoders have in common: device, configuration, tokenizer, saving, closing.
 *
 * @module
 */
import { checkOptions, oneOf, signal } from "../src/common/options.ts";
import type { WeightDtype } from "../src/checkpoint/save.ts";
import type { Json } from "../src/model/config/fields.ts";
import type { Source } from "../src/checkpoint/source.ts";
import type { DecoderModel } from "../src/infer/decoder.ts";
import type { EncoderModel } from "../src/infer/encoder.ts";
import type { Tokenizer } from "../src/infer/tokenizer.ts";
import type { Device } from "../src/op/device.ts";
import type { SharedDevice } from "./device.ts";

/** How a model is saved. */
export interface SaveOptions {
  /** How weights are stored; F32 unless given, F16 and BF16 round to nearest even. */
  dtype?: WeightDtype;
  /** Ends saving; the folder is then as it was. */
  signal?: AbortSignal;
}

/** What a model is made of. */
export interface ModelParts<M> {
  /** Weights on a device, and what they compute. */
  readonly model: M;
  /** Their device. */
  readonly shared: SharedDevice;
  /** `config.json` as it was read; empty for a model that was not. */
  readonly json: Json;
  /** Files that the model was loaded from. */
  readonly source?: Source;
}

/** A model on a device: what {@link Decoder} and {@link Encoder} have in common. */
export abstract class Model<M extends DecoderModel | EncoderModel, C> implements AsyncDisposable {
  readonly #parts: ModelParts<M>;
  #closed = false;

  /** Joins the models of a device. */
  constructor(parts: ModelParts<M>, readonly config: C) {
    this.#parts = parts;
    parts.shared.join();
  }

  /** The model in the letters of `@refrain/transformers/model`, with its weights. */
  get model(): M {
    return this.#parts.model;
  }

  /** Where it runs. */
  get device(): Device {
    return this.#parts.shared.device;
  }

  /** Text to ids; undefined where the checkpoint has no `tokenizer.json`. */
  get tokenizer(): Tokenizer | undefined {
    return this.#parts.model.tokenizer;
  }

  /**
   * Writes `config.json`, `model.safetensors` and the files of the tokenizer into a folder: all of them, or none changes.
   * Keys of the original `config.json` that the model is not built from stay.
   * Returns the names of the files.
   *
   * Throws when a file cannot be written, or when the folder has an `.index.json` of other weight files.
   *
   * ```ts ignore
   * await using encoder = await Encoder.load("models/stories-modernalbert");
   * await using merged = await encoder.merge();
   * await merged.save("models/merged", { dtype: "BF16" });
   * ```
   */
  async save(folder: string, options: SaveOptions = {}): Promise<string[]> {
    const { saveModel, savedFiles, WEIGHT_DTYPES } = await import("./extras.ts");
    checkOptions(`save ${folder}`, options, { dtype: oneOf(WEIGHT_DTYPES), signal });
    const { model, json, source } = this.#parts;
    return await saveModel(folder, { ...await savedFiles(folder, model, json, source), ...options });
  }

  /** Frees the weights, and with the last model on it a device that `load` opened; does nothing the second time. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.model.dispose();
    await this.#parts.shared.leave();
  }

  /** The same as {@link Model.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
