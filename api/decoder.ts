/**
 * Decoders.
 *
 * @module
 */
import { openDecoder } from "../src/checkpoint/open.ts";
import type { CheckpointSource } from "../src/checkpoint/source.ts";
import { checkOptions, number } from "../src/common/options.ts";
import { DecoderModel, type DecoderResult, type ForwardOptions } from "../src/infer/decoder.ts";
import type { EngineOptions } from "../src/infer/engine/api.ts";
import { Engine } from "../src/infer/engine/engine.ts";
import { generate, type NumberedPiece, type Prompt } from "../src/infer/generate.ts";
import type { GenerateOptions, Piece } from "../src/infer/generate_options.ts";
import type { WarmupOptions } from "../src/infer/rehearse.ts";
import { decoderSchema } from "../src/model/decoder_schema.ts";
import type { Perplexity, PerplexityOptions } from "../src/infer/score/perplexity.ts";
import type { Score, ScoreOptions } from "../src/infer/score/score.ts";
import type { MergeOptions } from "../src/model/merge.ts";
import { type DecoderConfig, decoderOf, decoderWords } from "./config.ts";
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

let make: (parts: ModelParts<DecoderModel>) => Decoder;

/** Loads a decoder from files that are open. */
export async function loadDecoder(place: Place, options: LoadOptions): Promise<Decoder> {
  const parts = await loadParts(
    place,
    options,
    (how) => openDecoder(place.source, { ...how, recursion: options.recursion }),
    (device, { config, params }, tokenizer) => new DecoderModel(device, config, params, tokenizer),
  );
  return make(parts);
}

/** A causal decoder: Llama, recursive, or Mixture-of-Recursions. */
export class Decoder extends Model<DecoderModel, DecoderConfig> {
  readonly #parts: ModelParts<DecoderModel>;

  private constructor(parts: ModelParts<DecoderModel>) {
    super(parts, decoderWords(parts.model.config));
    this.#parts = parts;
  }

  /**
   * Loads a checkpoint from a folder, a URL, a model of the Hub, or files in memory (docs/loading.md).
   *
   * Throws where the device cannot be opened, before anything is read, and one error that lists missing, unexpected and
   * misshapen tensors.
   *
   * ```ts ignore
   * await using decoder = await Decoder.load("owner/name@v1.0", {
   *   token: "hf_…",
   *   onProgress: ({ loaded, total }) => console.log(`${Math.round(100 * loaded / total)} %`),
   * });
   * ```
   */
  static load(source: CheckpointSource, options: LoadOptions = {}): Promise<Decoder> {
    return loading(source, options, (place) => loadDecoder(place, options));
  }

  static {
    make = (parts) => new Decoder(parts);
  }

  /**
   * Makes a decoder with fresh weights, by a preset's name or a configuration.
   *
   * ```ts ignore
   * await using decoder = await Decoder.create("mor-360m-3", { seed: 7 });
   * ```
   */
  static async create(config: string | DecoderConfig, options: CreateOptions = {}): Promise<Decoder> {
    checkOptions("create a model", options, { ...deviceKinds, seed: number });
    const { decoderPreset, initialize } = await import("./extras.ts");
    const sizes = decoderOf(typeof config === "string" ? decoderPreset(config) : config);
    const params = initialize<DecoderModel["params"]>(decoderSchema(sizes), options.seed ?? 0);
    return new Decoder(
      await createParts(options, (device) => new DecoderModel(device, sizes, params, options.tokenizer)),
    );
  }

  /**
   * Runs sequences of ids: hidden states, recursion depths and experts of every row; logits and losses where asked for.
   *
   * Throws a RangeError for empty sequences, ids outside the vocabulary and too many tokens.
   */
  forward(sequences: readonly ArrayLike<number>[], options: ForwardOptions = {}): Promise<DecoderResult> {
    return this.model.forward(sequences, options);
  }

  /**
   * Continues a text or ids, or several prompts at once, piece by piece: the likeliest token every time, unless options
   * ask for chance. A piece of several says which `prompt` it continues, from 0.
   *
   * Throws a RangeError for empty prompts, ids outside the vocabulary, prompts that fill all positions, and options out of
   * range.
   *
   * ```ts ignore
   * await using decoder = await Decoder.load("models/stories-mor");
   * const options = { temperature: 0.8, topP: 0.95, seed: 7, maxNewTokens: 120, stop: ["The end"] };
   * for await (const { text, depth, logProb } of decoder.generate("Once upon a time", options)) console.log(text);
   * ```
   */
  generate(prompt: Prompt, options?: GenerateOptions): AsyncGenerator<Piece>;
  /** Continues several prompts at once. */
  generate(prompts: readonly Prompt[], options?: GenerateOptions): AsyncGenerator<NumberedPiece>;
  generate(prompt: Prompt | readonly Prompt[], options: GenerateOptions = {}): AsyncGenerator<Piece> {
    return generate(this.model, prompt, options);
  }

  /**
   * Scores continuations of a prompt: log-likelihood of each, in all and per token, and whether it is the greedy one.
   *
   * Texts are divided into ids as by lm-evaluation-harness; an empty prompt is the token that begins a text. Throws a
   * RangeError for an empty continuation, ids outside the vocabulary, and more tokens than positions unless `truncate` is
   * `"start"`.
   *
   * ```ts ignore
   * await using decoder = await Decoder.load("models/stories-mor");
   * const scores = await decoder.score("Once upon a", [" time", " cat"], { topLogProbs: 3 });
   * for (const { logProb, greedy, tokens } of scores) console.log(logProb, greedy, tokens[0].top);
   * ```
   */
  async score(prompt: Prompt, continuations: readonly Prompt[], options: ScoreOptions = {}): Promise<Score[]> {
    const { score } = await import("./extras.ts");
    return await score(this.model, prompt, continuations, options);
  }

  /**
   * Perplexity and bits per byte of a text of any length, in windows that begin `stride` tokens after one another.
   *
   * Throws a RangeError for a text of less than two tokens, ids outside the vocabulary, and options out of range.
   *
   * ```ts ignore
   * await using decoder = await Decoder.load("models/stories-mor");
   * const { perplexity, bitsPerByte, depth } = await decoder.perplexity(await Deno.readTextFile("a.txt"), { stride: 256 });
   * ```
   */
  async perplexity(text: Prompt, options: PerplexityOptions = {}): Promise<Perplexity> {
    const { perplexity } = await import("./extras.ts");
    return await perplexity(this.model, text, options);
  }

  /**
   * Compiles the pipelines of generation, all at the same time, so that the first token comes at once; for models that are
   * loaded long before they are used. Does nothing on the reference device.
   *
   * Throws where a pipeline cannot be compiled, or the signal aborts.
   *
   * ```ts ignore
   * await using decoder = await Decoder.load("models/stories-mor");
   * await decoder.warmup({ onProgress: ({ compiled, total }) => console.log(`${compiled} of ${total}`) });
   * ```
   */
  async warmup(options: WarmupOptions = {}): Promise<void> {
    const { warmDecoder } = await import("./extras.ts");
    await warmDecoder(this.model, options);
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
    return Engine.open(this.model, options);
  }

  /** A decoder without experts on the same device. Throws when this one has none. */
  async merge(options: MergeOptions = {}): Promise<Decoder> {
    return new Decoder({ ...this.#parts, model: await this.model.merge(options) });
  }
}
