/**
 * An encoder on a device: hidden states, embeddings, masked-language logits and losses, merging.
 *
 * @module
 */
import type { Device, HostTensor } from "../device.ts";
import type { Backend, Tensor } from "../op.ts";
import { ropeTable } from "../ops/rope.ts";
import { gather } from "../ops/rows.ts";
import { longest, packLabels, packPlaces, packRows } from "../model/batch.ts";
import { encode, type EncoderInputs, maskedLogits } from "../model/encoder.ts";
import type { EncoderConfig } from "../model/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../model/encoder_schema.ts";
import { meanCrossEntropy, molBalance } from "../model/losses.ts";
import { mergeLayer, type MergeOptions, mergeWeights } from "../model/merge.ts";
import { RopeTables } from "../model/rope_tables.ts";
import { backpropagate, gradientOutputs, readGradients } from "../train/gradients.ts";
import * as results from "../model/results.ts";
import type { SentenceConfig } from "../model/sentence.ts";
import { download, tensorsOf, upload } from "../model/upload.ts";
import type { EncoderForwardOptions, EncoderResult } from "./encoder_result.ts";
import { Programs } from "./programs.ts";
import { sentenceIds } from "./sentence_ids.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { type EmbedOptions, Vectors } from "./vectors.ts";

type Named<T> = Record<string, T>;

/** RoPE's tables of global and local layers. */
type Tables<T> = Pick<EncoderInputs<T>, "table" | "localTable">;

/** An encoder with its weights on a device; `Encoder.load` of the package makes one from a checkpoint. */
export class EncoderModel<T extends Tensor = Tensor> {
  readonly #params: EncoderParams<T>;
  readonly #tables: RopeTables<T>;
  readonly #localTables?: RopeTables<T>;
  readonly #programs: Programs<T>;
  readonly #vectors: Vectors<T>;

  /**
   * Copies weights to a device, all or none; without a head there are hidden states and vectors, but no logits. `sentence`
   * says how texts become vectors where options do not.
   */
  constructor(
    readonly device: Device<T>,
    readonly config: EncoderConfig,
    params: EncoderParams<HostTensor>,
    readonly tokenizer?: Tokenizer,
    readonly hasHead = true,
    readonly sentence?: SentenceConfig,
  ) {
    const { maxPositions, K, rope, local } = config;
    this.#params = upload(device, encoderSchema(config), params);
    this.#tables = new RopeTables(device, maxPositions, (rows) => ropeTable(rows, K, rope));
    this.#localTables = local && new RopeTables(device, maxPositions, (rows) => ropeTable(rows, K, local.rope));
    this.#programs = new Programs(device, tensorsOf(encoderSchema(config), this.#params));
    this.#vectors = new Vectors(device, config.D, this.#programs, sentence);
  }

  /** Waits until the weights are on the device. Throws where there was no room for them. */
  ready(): Promise<void> {
    return this.#programs.ready();
  }

  /** The program of a key for sequences, with tables for their positions. */
  #program(
    key: string,
    sequences: readonly ArrayLike<number>[],
    body: (inputs: Named<T>, tables: Tables<T>) => Named<T>,
  ): (inputs: Named<HostTensor>) => Promise<Named<HostTensor>> {
    const rows = this.#tables.rows(longest(sequences));
    return this.#programs.get(`${key} ${rows}`, (named) => {
      return body(named, { table: this.#tables.upTo(rows), localTable: this.#localTables?.upTo(rows) });
    });
  }

  #encode({ ids, positions, offsets }: Named<T>, tables: Tables<T>, backend: Backend<T> = this.device) {
    return encode(backend, this.#params, this.config, { ids, positions, offsets, ...tables });
  }

  /** Runs sequences of ids. Throws a RangeError for empty sequences, ids outside the vocabulary and too many tokens. */
  async forward(sequences: readonly ArrayLike<number>[], options: EncoderForwardOptions = {}): Promise<EncoderResult> {
    if (options.logits || options.labels) this.#demandHead();
    const batch = packRows(sequences, this.config);
    const inputs: Named<HostTensor> = { ...batch };
    if (options.labels) inputs.labels = packLabels(sequences, options.labels, this.config.V);
    const named = await this.#forwardProgram(sequences, options)(inputs);
    return {
      offsets: batch.offsets.data as Int32Array,
      hidden: named.hidden,
      logits: named.logits,
      experts: results.readExperts(named),
      losses: options.labels ? this.#losses(named) : undefined,
    };
  }

  /** Masked-language logits of some rows of one sequence of ids, [R, V]. Throws as {@link EncoderModel.forward} does. */
  async logitsAt(sequence: ArrayLike<number>, rows: ArrayLike<number>): Promise<HostTensor> {
    this.#demandHead();
    const program = this.#program("logits at rows", [sequence], ({ rows, ...named }, tables) => {
      const hidden = gather(this.device, this.#encode(named, tables).hidden, rows);
      return { logits: maskedLogits(this.device, this.#params, this.config, hidden) };
    });
    const inputs = { ...packRows([sequence], this.config), rows: packPlaces(rows, sequence.length) };
    return (await program(inputs as Named<HostTensor>)).logits;
  }

  #demandHead(): void {
    if (this.hasHead) return;
    const names = "head.dense, head.norm, decoder";
    throw new Error(`Cannot compute masked-language logits: the checkpoint has no head (${names})`);
  }

  #forwardProgram(sequences: readonly ArrayLike<number>[], { logits = false, labels }: EncoderForwardOptions) {
    const losses = labels !== undefined;
    return this.#program(`forward ${logits} ${losses}`, sequences, (named, tables) => {
      const { offsets, labels } = named;
      const { hidden, experts } = this.#encode(named, tables);
      const read = { hidden, ...results.expertOutputs(experts) };
      if (!logits && !losses) return read;
      const scores = maskedLogits(this.device, this.#params, this.config, hidden, offsets);
      const scored = logits ? { ...read, logits: scores } : read;
      if (!losses) return scored;
      const mlm = meanCrossEntropy(this.device, { logits: scores, labels, offsets });
      return { ...scored, ...results.balanceOutputs(molBalance(this.device, experts)), mlm };
    });
  }

  #losses(named: Named<HostTensor>) {
    const mlm = named.mlm.data[0];
    const molBalance = results.meanBalance(named);
    return { mlm, molBalance, total: mlm + this.config.balanceCoefficient * molBalance };
  }

  /** Gradients of the training total against labels (see {@link EncoderForwardOptions}), for every parameter. */
  async gradients(
    sequences: readonly ArrayLike<number>[],
    labels: readonly ArrayLike<number>[],
  ): Promise<EncoderParams<HostTensor>> {
    const schema = encoderSchema(this.config);
    const program = this.#program("gradients", sequences, (named, tables) => {
      const seeds = this.#programs.seeds({ lm: 1, molBalance: this.config.balanceCoefficient });
      const forward = (tape: Backend<T>) => {
        const { hidden, experts } = this.#encode(named, tables, tape);
        const { labels, offsets } = named;
        const logits = maskedLogits(tape, this.#params, this.config, hidden, offsets);
        return { lm: [meanCrossEntropy(tape, { logits, labels, offsets })], molBalance: molBalance(tape, experts) };
      };
      const { gradients } = backpropagate(this.device, { schema, params: this.#params }, forward, seeds);
      return gradientOutputs(gradients);
    });
    const inputs = { ...packRows(sequences, this.config), labels: packLabels(sequences, labels, this.config.V) };
    return readGradients(schema, await program(inputs as Named<HostTensor>));
  }

  /**
   * One vector a sequence of ids, [B, width], as the checkpoint declares and the options say.
   *
   * Throws as {@link EncoderModel.forward} does, a RangeError for unknown poolings, and an Error for a vector that is not
   * finite.
   */
  async pooled(sequences: readonly ArrayLike<number>[], options: EmbedOptions = {}): Promise<HostTensor> {
    return await this.#vectors.run({ ...packRows(sequences, this.config) }, options, {
      program: (key, body) =>
        this.#program(key, sequences, (named, tables) => body(named, (rows) => this.#encode(rows, tables).hidden)),
    });
  }

  /** Numbers of a vector. Throws a RangeError for unknown poolings. */
  widthOf(options: EmbedOptions = {}): number {
    return this.#vectors.plan(options).width;
  }

  /** Ids of a text to be made a vector of: with the declared prompt, cut to the declared length. Throws for an empty text. */
  idsOf(text: string): number[] {
    return sentenceIds(this.tokenizer, text, this.sentence);
  }

  /** One vector a text, [B, width]. Throws as {@link EncoderModel.pooled} does, for an empty text, and without tokenizer. */
  async encode(texts: readonly string[], options: EmbedOptions = {}): Promise<HostTensor> {
    return await this.pooled(texts.map((text) => this.idsOf(text)), { name: (b) => `text ${b + 1}`, ...options });
  }

  /** A model without experts on the same device (mol.md §3). Throws when this one has none. */
  async merge(options: MergeOptions = {}): Promise<EncoderModel<T>> {
    this.#programs.check("merge experts");
    const { mol, ...rest } = this.config;
    if (!mol) throw new Error("Cannot merge experts: this model has none");
    const q = this.device.from({ shape: [mol.E], data: mergeWeights(mol, options) });
    const groups = this.#params.groups.map((params) => mergeLayer(this.device, params, mol, q, options.mode));
    const merged = { ...this.#params, groups };
    const params = await download<T, EncoderParams<HostTensor>>(this.device, encoderSchema(rest), merged);
    this.device.free(q);
    return new EncoderModel(this.device, rest, params, this.tokenizer, this.hasHead, this.sentence);
  }

  /** The weights, on the host. */
  async weights(): Promise<EncoderParams<HostTensor>> {
    this.#programs.check("read the weights");
    return await download(this.device, encoderSchema(this.config), this.#params);
  }

  /** Frees the weights; the device stays open. */
  dispose(): void {
    this.#tables.dispose();
    this.#localTables?.dispose();
    this.#vectors.dispose();
    this.#programs.dispose();
  }
}
