/**
 * An encoder on a device: hidden states, embeddings, masked-language logits and losses, merging.
 *
 * @module
 */
import { checkOptions, checkSequences, flag, listOf, numbers, requireList } from "../common/options.ts";
import type { Device, HostTensor } from "../op/device.ts";
import type { Tensor } from "../op/op.ts";
import { packLabels, packRows } from "../model/batch.ts";
import type { EncoderConfig } from "../model/config/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../model/encoder_schema.ts";
import type { MergeOptions } from "../model/merge.ts";
import type { SentenceConfig } from "../model/config/sentence.ts";
import { download } from "../model/upload.ts";
import { labelledRows } from "../train/data/batches.ts";
import { type EncoderForwardOptions, encoderOutputs, type EncoderResult, encoderResult } from "./encoder_forward.ts";
import { EncoderWeights } from "./encoder_weights.ts";
import type { ForwardInputs } from "./decoder_forward.ts";
import type { ForwardOutputs, Group } from "./group_losses.ts";
import { logitsAt } from "./logits_at.ts";
import { fitEmbedded, fitTexts, idsOfText } from "./sentence_ids.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { type EmbedOptions, type Encoded, Vectors } from "./vectors.ts";

export type { EncoderForwardOptions, EncoderResult } from "./encoder_forward.ts";

/** An encoder with its weights on a device; `Encoder.load` of the package makes one from a checkpoint. */
export class EncoderModel<T extends Tensor = Tensor> {
  readonly #weights: EncoderWeights<T>;
  readonly #vectors: Vectors<T>;

  /**
   * Copies weights to a device, all or none, or takes them over; without a head there are hidden states and vectors, but
   * no logits. `sentence` says how texts become vectors where options do not.
   */
  constructor(
    readonly device: Device<T>,
    readonly config: EncoderConfig,
    params: EncoderParams<HostTensor | T>,
    readonly tokenizer?: Tokenizer,
    readonly hasHead = true,
    readonly sentence?: SentenceConfig,
  ) {
    this.#weights = new EncoderWeights(device, config, params);
    this.#vectors = new Vectors(this.#weights, sentence);
  }

  /** Waits until the weights are on the device. Throws where there was no room for them. */
  ready(): Promise<void> {
    return this.#weights.programs.ready();
  }

  /**
   * Runs sequences of ids, as many at once as the device can bind activations of.
   *
   * Throws a RangeError for empty sequences, ids outside the vocabulary and too many tokens.
   */
  async forward(sequences: readonly ArrayLike<number>[], options: EncoderForwardOptions = {}): Promise<EncoderResult> {
    checkOptions("run sequences", options, { logits: flag, labels: listOf(numbers, "lists of numbers") });
    const { logits, labels } = options;
    if (logits || labels) this.#demandHead();
    const cut = this.#weights.groups(sequences);
    if (labels) packLabels(sequences, labels, this.config.V);
    const groups: Group[] = [];
    let from = 0;
    for (const group of cut) {
      const scored = labels?.slice(from, from += group.length);
      groups.push(await this.#forward(group, { logits, labels: scored }, cut.length > 1));
    }
    return await encoderResult(this.device, this.config, groups, options);
  }

  async #forward(
    sequences: readonly ArrayLike<number>[],
    { logits = false, labels: lists }: EncoderForwardOptions,
    grouped: boolean,
  ): Promise<Group> {
    const batch = packRows(sequences, this.config);
    const labels = lists && packLabels(sequences, lists, this.config.V);
    const wanted = { logits, losses: Boolean(labels), grouped };
    const program = this.#weights.program<ForwardInputs<HostTensor>, ForwardOutputs<HostTensor>>(
      `forward ${Object.values(wanted)}`,
      sequences,
      (inputs, tables) => {
        const outputs = this.#weights.encode(inputs.batch, tables);
        return encoderOutputs<T>(this.device, this.#weights, outputs, inputs, wanted);
      },
    );
    const head = logits || labels ? this.#weights.headInputs(batch.ids.shape[0]) : undefined;
    const outputs = await program({ batch, labels, head });
    return { ...outputs, offsets: batch.offsets.data as Int32Array, labels, recursions: [] };
  }

  /** The same model by another device that takes the tensors of its own. */
  on(device: Device<T>): EncoderModel<T> {
    const { config, tokenizer, hasHead, sentence } = this;
    return new EncoderModel(device, config, this.#weights.params, tokenizer, hasHead, sentence);
  }

  /** Masked-language logits of some rows of one sequence of ids, [R, V]. Throws as {@link EncoderModel.forward} does. */
  async logitsAt(sequence: ArrayLike<number>, rows: ArrayLike<number>): Promise<HostTensor> {
    this.#demandHead();
    return await logitsAt(this.#weights, sequence, rows);
  }

  #demandHead(): void {
    if (this.hasHead) return;
    const names = "head.dense, head.norm, decoder";
    throw new Error(`Cannot compute masked-language logits: the checkpoint has no head (${names})`);
  }

  /** Gradients of the training total against labels (see {@link EncoderForwardOptions}), for every parameter. */
  async gradients(
    sequences: readonly ArrayLike<number>[],
    labels: readonly ArrayLike<number>[],
  ): Promise<EncoderParams<HostTensor>> {
    this.#weights.programs.check("run the model");
    const rows = packRows(sequences, this.config), packed = packLabels(sequences, labels, this.config.V);
    const batch = { rows, labels: packed };
    const { MaskedLM, stepGradients } = await import("./extras.ts");
    await this.device.prepareTraining?.();
    this.#weights.programs.check("run the model");
    const objective = new MaskedLM(this.device, this.config, { scored: Math.max(1, labelledRows(batch)) });
    try {
      const step = { step: 0, batches: [batch], training: false };
      return await stepGradients(this.device, objective, this.#weights.params, step);
    } finally {
      objective.dispose();
    }
  }

  /**
   * One vector a sequence of ids, [B, width], as the checkpoint declares and the options say; a bounded number of tokens at a
   * time.
   *
   * Throws as {@link EncoderModel.forward} does, a RangeError for unknown poolings and for more tokens than `maxLength` unless
   * `truncate` names an end, and an Error for a vector that is not finite.
   */
  async pooled(sequences: readonly ArrayLike<number>[], options: EmbedOptions = {}): Promise<Encoded> {
    checkSequences("run the model", sequences);
    return await this.#vectors.of(fitEmbedded(sequences, this.config, options), options);
  }

  /** Numbers of a vector. Throws a RangeError for unknown poolings. */
  widthOf(options: EmbedOptions = {}): number {
    return this.#vectors.plan(options).width;
  }

  /**
   * Ids of a text to be made a vector of: with the declared prompt, cut to the declared length. Throws for an empty text.
   */
  idsOf(text: string): number[] {
    return idsOfText(this, text);
  }

  /**
   * One vector a text, [B, width], of any number of texts. A text that is longer than `maxLength`, or than the checkpoint
   * declares, loses tokens between its special ones, and is listed under `cut`.
   *
   * Throws as {@link EncoderModel.pooled} does, for an empty text, and without tokenizer.
   */
  async encode(texts: readonly string[], options: EmbedOptions = {}): Promise<Encoded> {
    requireList("encode", "texts", texts);
    return await this.#vectors.of(fitTexts(this, texts, options), { name: (b) => `text ${b + 1}`, ...options });
  }

  /** A model without experts on the same device (docs/mol.md, "Expert merging"). Throws as `mergeExperts` does. */
  async merge(options: MergeOptions = {}): Promise<EncoderModel<T>> {
    this.#weights.programs.check("merge experts");
    const { mol, ...rest } = this.config, { device, params: mixed } = this.#weights;
    const how = { mol, options, idsOf: (text: string) => this.idsOf(text), route: this.forward.bind(this) };
    const { mergeExperts } = await import("./extras.ts");
    const params = await mergeExperts(
      device,
      mixed.groups,
      how,
      (groups) => download<T, EncoderParams<HostTensor>>(device, encoderSchema(rest), { ...mixed, groups }),
    );
    return new EncoderModel(this.device, rest, params, this.tokenizer, this.hasHead, this.sentence);
  }

  /** The weights, on the host. */
  async weights(): Promise<EncoderParams<HostTensor>> {
    this.#weights.programs.check("read the weights");
    return await download(this.device, encoderSchema(this.config), this.#weights.params);
  }

  /** Frees the weights; the device stays open. */
  dispose(): void {
    this.#vectors.dispose();
    this.#weights.dispose();
  }
}
