/**
 * An encoder on a device: hidden states, embeddings, masked-language logits and losses, merging.
 *
 * @module
 */
import { type Device, hostIndices, type HostTensor, type Program } from "../device.ts";
import type { Backend, Tensor } from "../op.ts";
import { mean } from "../ops/losses.ts";
import { pool } from "../ops/pool.ts";
import { ropeTable } from "../ops/rope.ts";
import { gather } from "../ops/rows.ts";
import { packLabels, packRows } from "../model/batch.ts";
import { encode } from "../model/encoder.ts";
import type { EncoderConfig } from "../model/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../model/encoder_schema.ts";
import { encoderColumns, groupSequences, rowsAtOnce } from "../model/groups.ts";
import { joinRows } from "../model/join_results.ts";
import { molBalance } from "../model/losses.ts";
import { mergeLayer, type MergeOptions, mergeWeights } from "../model/merge.ts";
import { download, release, upload } from "../model/upload.ts";
import { backpropagate, gradientOutputs, type LossSeeds, lossSeeds, readGradients } from "../train/gradients.ts";
import { FORGET_HEAD, hostParts, joinLogits, nameParts, partRows } from "../train/head.ts";
import {
  type EmbedOptions,
  type EncoderForwardOptions,
  encoderHead,
  encoderOutputs,
  type EncoderResult,
  encoderResult,
} from "./encoder_forward.ts";
import type { Group } from "./group_losses.ts";
import { encodeText, type Tokenizer } from "./tokenizer.ts";

export type { EmbedOptions, EncoderForwardOptions, EncoderResult } from "./encoder_forward.ts";

type Named<T> = Record<string, T>;

/** An encoder with its weights on a device; `Encoder.load` of the package makes one from a checkpoint. */
export class EncoderModel<T extends Tensor = Tensor> {
  readonly #params: EncoderParams<T>;
  readonly #table: T;
  readonly #localTable?: T;
  #seeds?: LossSeeds<T>;
  readonly #programs = new Map<string, Program<string, string>>();

  /** Copies weights to a device, or takes them over; without a head there are hidden states and vectors, but no logits. */
  constructor(
    readonly device: Device<T>,
    readonly config: EncoderConfig,
    params: EncoderParams<HostTensor | T>,
    readonly tokenizer?: Tokenizer,
    readonly hasHead = true,
  ) {
    const { maxPositions, K, theta, local } = config;
    this.#params = upload(device, encoderSchema(config), params);
    this.#table = device.from(ropeTable(maxPositions, K, theta));
    this.#localTable = local && device.from(ropeTable(maxPositions, K, local.theta));
  }

  get #model() {
    return { params: this.#params, config: this.config };
  }

  #program(key: string, body: (inputs: Named<T>) => Named<T>): Program<string, string> {
    if (!this.#programs.has(key)) this.#programs.set(key, this.device.compile(body));
    return this.#programs.get(key)!;
  }

  #encode({ ids, positions, offsets }: Named<T>, backend: Backend<T> = this.device) {
    const inputs = { ids, positions, offsets, table: this.#table, localTable: this.#localTable };
    return encode(backend, this.#params, this.config, inputs);
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
    if (labels) packLabels(sequences, labels);
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
    return nameParts(hostParts(rows, partRows(this.config.V, this.device)));
  }

  async #forward(
    sequences: readonly ArrayLike<number>[],
    { logits = false, labels: lists }: EncoderForwardOptions,
    grouped: boolean,
  ): Promise<Group> {
    const batch = packRows(sequences, this.config);
    const labels = lists && packLabels(sequences, lists);
    const wanted = { logits, losses: Boolean(labels), grouped };
    const program = this.#program(
      `forward ${Object.values(wanted)}`,
      (named) => encoderOutputs(this.device, this.#model, this.#encode(named), named, wanted),
    );
    const parts = logits || labels ? this.#parts(batch.ids.shape[0]) : {};
    const named = await program({ ...batch, ...(labels && { labels }), ...parts });
    return { offsets: batch.offsets.data as Int32Array, labels, named, recursions: [] };
  }

  /** Masked-language logits of some rows of one sequence of ids, [R, V]. Throws as {@link EncoderModel.forward} does. */
  async logitsAt(sequence: ArrayLike<number>, rows: ArrayLike<number>): Promise<HostTensor> {
    this.#demandHead();
    const program = this.#program("logits at rows", ({ rows, offsets, ...named }) => {
      const hidden = gather(this.device, this.#encode({ ...named, offsets }).hidden, rows);
      return encoderHead(this.device, this.#model, hidden, named).logits;
    });
    const inputs = { ...packRows([sequence], this.config), rows: hostIndices(rows), ...this.#parts(rows.length) };
    return joinLogits(await program(inputs));
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
    const seeds = this.#seeds ??= lossSeeds(this.device, { lm: 1, molBalance: this.config.balanceCoefficient });
    const program = this.#program("gradients", (named) => {
      const forward = (tape: Backend<T>) => {
        const { hidden, experts } = this.#encode(named, tape), { labels, offsets } = named;
        const { nll } = encoderHead(tape, this.#model, hidden, named);
        return { lm: [mean(tape, nll!, { labels, offsets })], molBalance: molBalance(tape, experts) };
      };
      const { gradients } = backpropagate(this.device, { schema, params: this.#params }, forward, seeds, FORGET_HEAD);
      return gradientOutputs(gradients);
    });
    const batch = packRows(sequences, this.config), parts = this.#parts(batch.ids.shape[0]);
    return readGradients(schema, await program({ ...batch, labels: packLabels(sequences, labels), ...parts }));
  }

  /** One vector a sequence of ids, [B, D], as many sequences at once as the device can bind. */
  async pooled(sequences: readonly ArrayLike<number>[], options: EmbedOptions = {}): Promise<HostTensor> {
    const { pooling = "mean", normalize = false } = options;
    const program = this.#program(`pool ${pooling} ${normalize}`, (named) => {
      const { hidden } = this.#encode(named);
      return { y: pool(this.device, hidden, named.offsets, { kind: pooling, normalize }) };
    });
    const vectors: HostTensor[] = [];
    for (const group of this.#groups(sequences)) vectors.push((await program({ ...packRows(group, this.config) })).y);
    return joinRows(vectors);
  }

  /** One vector a text, [B, D]. Throws for an empty text and a model without tokenizer. */
  encode(texts: readonly string[], options: EmbedOptions = {}): Promise<HostTensor> {
    return this.pooled(texts.map((text) => encodeText(this.tokenizer, text)), options);
  }

  /** A model without experts on the same device (mol.md §3). Throws when this one has none. */
  async merge(options: MergeOptions = {}): Promise<EncoderModel<T>> {
    const { mol, ...rest } = this.config;
    if (!mol) throw new Error("Cannot merge experts: this model has none");
    const q = this.device.from({ shape: [mol.E], data: mergeWeights(mol, options) });
    const groups = this.#params.groups.map((params) => mergeLayer(this.device, params, mol, q, options.mode));
    const merged = { ...this.#params, groups };
    const params = await download<T, EncoderParams<HostTensor>>(this.device, encoderSchema(rest), merged);
    this.device.free(q);
    return new EncoderModel(this.device, rest, params, this.tokenizer, this.hasHead);
  }

  /** The weights, on the host. */
  weights(): Promise<EncoderParams<HostTensor>> {
    return download(this.device, encoderSchema(this.config), this.#params);
  }

  /** Frees the weights; the device stays open. */
  dispose(): void {
    release(this.device, encoderSchema(this.config), this.#params);
    this.device.free(this.#table);
    for (const seed of Object.values<T>({ ...this.#seeds })) this.device.free(seed);
    if (this.#localTable) this.device.free(this.#localTable);
    for (const program of this.#programs.values()) program.dispose();
  }
}
