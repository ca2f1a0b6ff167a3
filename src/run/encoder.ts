/**
 * An encoder on a device: hidden states, embeddings, masked-language logits and losses, merging.
 *
 * @module
 */
import type { Device, HostTensor } from "../device.ts";
import type { Backend, Tensor } from "../op.ts";
import { mean } from "../ops/losses.ts";
import { ropeTable } from "../ops/rope.ts";
import { gather } from "../ops/rows.ts";
import { longest, packLabels, packPlaces, packRows } from "../model/batch.ts";
import { encode, type EncoderInputs } from "../model/encoder.ts";
import type { EncoderConfig } from "../model/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../model/encoder_schema.ts";
import { encoderColumns, groupSequences, rowsAtOnce } from "../model/groups.ts";
import { joinRows } from "../model/join_results.ts";
import { molBalance } from "../model/losses.ts";
import { mergeLayer, type MergeOptions, mergeWeights } from "../model/merge.ts";
import { RopeTables } from "../model/rope_tables.ts";
import type { SentenceConfig } from "../model/sentence.ts";
import { download, tensorsOf, upload } from "../model/upload.ts";
import { backpropagate, gradientOutputs, readGradients } from "../train/gradients.ts";
import { FORGET_HEAD, headInputs, joinLogits, partRows } from "../train/head.ts";
import {
  type EncoderForwardOptions,
  encoderHead,
  encoderOutputs,
  type EncoderResult,
  encoderResult,
} from "./encoder_forward.ts";
import type { Group } from "./group_losses.ts";
import { Programs } from "./programs.ts";
import { sentenceIds } from "./sentence_ids.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { type EmbedOptions, Vectors } from "./vectors.ts";

export type { EncoderForwardOptions, EncoderResult } from "./encoder_forward.ts";

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

  get #model() {
    return { params: this.#params, config: this.config };
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

  /**
   * Runs sequences of ids, as many at once as the device can bind activations of.
   *
   * Throws a RangeError for empty sequences, ids outside the vocabulary and too many tokens.
   */
  async forward(sequences: readonly ArrayLike<number>[], options: EncoderForwardOptions = {}): Promise<EncoderResult> {
    const { logits, labels } = options;
    if (logits || labels) this.#demandHead();
    const cut = this.#groups(sequences);
    if (labels) packLabels(sequences, labels, this.config.V);
    const groups: Group[] = [];
    let from = 0;
    for (const group of cut) {
      const scored = labels?.slice(from, from += group.length);
      groups.push(await this.#forward(group, { logits, labels: scored }, cut.length > 1));
    }
    return await encoderResult(this.device, this.config, groups, options);
  }

  /** Sequences in groups that the device can bind. Throws for what is wrong in any of them. */
  #groups(sequences: readonly ArrayLike<number>[]): ArrayLike<number>[][] {
    packRows(sequences, this.config);
    return groupSequences(sequences, rowsAtOnce(this.device, encoderColumns(this.config)));
  }

  /** Parts of the head for so many rows. */
  #parts(rows: number): Named<HostTensor> {
    return headInputs(rows, partRows(this.config.V, this.device));
  }

  async #forward(
    sequences: readonly ArrayLike<number>[],
    { logits = false, labels: lists }: EncoderForwardOptions,
    grouped: boolean,
  ): Promise<Group> {
    const batch = packRows(sequences, this.config);
    const labels = lists && packLabels(sequences, lists, this.config.V);
    const wanted = { logits, losses: Boolean(labels), grouped };
    const program = this.#program(
      `forward ${Object.values(wanted)}`,
      sequences,
      (named, tables) => encoderOutputs(this.device, this.#model, this.#encode(named, tables), named, wanted),
    );
    const parts = logits || labels ? this.#parts(batch.ids.shape[0]) : {};
    const named = await program({ ...batch, ...(labels && { labels }), ...parts });
    return { offsets: batch.offsets.data as Int32Array, labels, named, recursions: [] };
  }

  /** Masked-language logits of some rows of one sequence of ids, [R, V]. Throws as {@link EncoderModel.forward} does. */
  async logitsAt(sequence: ArrayLike<number>, rows: ArrayLike<number>): Promise<HostTensor> {
    this.#demandHead();
    const program = this.#program("logits at rows", [sequence], ({ rows, ...named }, tables) => {
      const hidden = gather(this.device, this.#encode(named, tables).hidden, rows);
      return encoderHead(this.device, this.#model, hidden, named).logits;
    });
    const places = packPlaces(rows, sequence.length);
    return joinLogits(
      await program({ ...packRows([sequence], this.config), rows: places, ...this.#parts(rows.length) }),
    );
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
    const schema = encoderSchema(this.config);
    const program = this.#program("gradients", sequences, (named, tables) => {
      const seeds = this.#programs.seeds({ lm: 1, molBalance: this.config.balanceCoefficient });
      const forward = (tape: Backend<T>) => {
        const { hidden, experts } = this.#encode(named, tables, tape), { labels, offsets } = named;
        const { nll } = encoderHead(tape, this.#model, hidden, named);
        return { lm: [mean(tape, nll!, { labels, offsets })], molBalance: molBalance(tape, experts) };
      };
      const { gradients } = backpropagate(this.device, { schema, params: this.#params }, forward, seeds, FORGET_HEAD);
      return gradientOutputs(gradients);
    });
    const batch = packRows(sequences, this.config), packed = packLabels(sequences, labels, this.config.V);
    return readGradients(schema, await program({ ...batch, labels: packed, ...this.#parts(batch.ids.shape[0]) }));
  }

  /**
   * One vector a sequence of ids, [B, width], as the checkpoint declares and the options say; as many sequences at once as
   * the device can bind.
   *
   * Throws as {@link EncoderModel.forward} does, a RangeError for unknown poolings, and an Error for a vector that is not
   * finite.
   */
  async pooled(sequences: readonly ArrayLike<number>[], options: EmbedOptions = {}): Promise<HostTensor> {
    const { name = (b: number) => `sequence ${b + 1}` } = options, vectors: HostTensor[] = [];
    let first = 0;
    for (const group of this.#groups(sequences)) {
      const start = first;
      first += group.length;
      const named = { ...options, name: (b: number) => name(start + b) };
      vectors.push(
        await this.#vectors.run({ ...packRows(group, this.config) }, named, {
          program: (key, body) =>
            this.#program(key, group, (named, tables) => body(named, (rows) => this.#encode(rows, tables).hidden)),
        }),
      );
    }
    return joinRows(vectors);
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
