/**
 * A decoder on a device: forward passes with routing and losses, gradients, merging.
 *
 * @module
 */
import type { Device, HostTensor, Program } from "../device.ts";
import type { Backend, Tensor } from "../op.ts";
import { mean } from "../ops/losses.ts";
import { ropeTable } from "../ops/rope.ts";
import { type Batch, capacityRows, nextTokenLabels, packRows } from "../model/batch.ts";
import type { DecoderConfig } from "../model/config.ts";
import { decode, type DecoderInputs } from "../model/decoder.ts";
import { type DecoderParams, decoderSchema } from "../model/decoder_schema.ts";
import { decoderColumns, groupSequences, rowsAtOnce } from "../model/groups.ts";
import { decoderLosses } from "../model/losses.ts";
import { mergeLayer, type MergeOptions, mergeWeights } from "../model/merge.ts";
import { readRecursions } from "../model/results.ts";
import { download, release, upload } from "../model/upload.ts";
import { backpropagate, gradientOutputs, type LossSeeds, lossSeeds, readGradients } from "../train/gradients.ts";
import { FORGET_HEAD, hostParts, nameParts, partRows } from "../train/head.ts";
import {
  decoderHead,
  decoderOutputs,
  type DecoderResult,
  decoderResult,
  type ForwardOptions,
} from "./decoder_forward.ts";
import type { Group } from "./group_losses.ts";
import type { Tokenizer } from "./tokenizer.ts";

export type { DecoderResult, ForwardOptions } from "./decoder_forward.ts";

type Named<T> = Record<string, T>;

/** A decoder with its weights on a device; `Decoder.load` of the package makes one from a checkpoint. */
export class DecoderModel<T extends Tensor = Tensor> {
  /** Weights. */
  readonly params: DecoderParams<T>;
  /** RoPE's cosines and sines. */
  readonly table: T;
  #seeds?: LossSeeds<T>;
  readonly #programs = new Map<string, Program<string, string>>();

  /** Copies weights to a device; those that are there already become the model's. */
  constructor(
    readonly device: Device<T>,
    readonly config: DecoderConfig,
    params: DecoderParams<HostTensor | T>,
    readonly tokenizer?: Tokenizer,
  ) {
    this.params = upload(device, decoderSchema(config), params);
    this.table = device.from(ropeTable(config.maxPositions, config.K, config.theta));
  }

  #inputs(named: Named<T>, topk: boolean): DecoderInputs<T> {
    const { ids, positions, offsets } = named;
    const capacity = Array.from({ length: this.config.recursion.N }, (_, r) => named[`capacity.${r}`]);
    return { ids, positions, offsets, table: this.table, capacity: topk ? capacity : undefined };
  }

  #program(key: string, body: (inputs: Named<T>) => Named<T>): Program<string, string> {
    if (!this.#programs.has(key)) this.#programs.set(key, this.device.compile(body));
    return this.#programs.get(key)!;
  }

  /**
   * Runs sequences of ids, as many at once as the device can bind activations of.
   *
   * Throws a RangeError for empty sequences, ids outside the vocabulary and too many tokens.
   */
  async forward(sequences: readonly ArrayLike<number>[], options: ForwardOptions = {}): Promise<DecoderResult> {
    packRows(sequences, this.config); // refuses before anything runs
    const cut = groupSequences(sequences, rowsAtOnce(this.device, decoderColumns(this.config)));
    const groups: Group[] = [];
    for (const group of cut) groups.push(await this.#forward(group, options, cut.length > 1));
    return await decoderResult(this.device, this.config, groups, options);
  }

  async #forward(sequences: readonly ArrayLike<number>[], options: ForwardOptions, grouped: boolean): Promise<Group> {
    const topk = this.config.recursion.routing === "expert" && options.selection === "topk";
    const batch = packRows(sequences, this.config);
    const M = batch.ids.shape[0];
    const inputs = this.#host(batch, topk, options);
    const named = await this.#forwardProgram(topk, options, grouped)(inputs);
    const { offsets } = batch;
    return {
      offsets: offsets.data as Int32Array,
      labels: inputs.labels,
      named,
      recursions: readRecursions(named, M, M),
    };
  }

  #host(batch: Batch, topk: boolean, { logits, losses }: ForwardOptions): Named<HostTensor> {
    const inputs: Named<HostTensor> = { ...batch };
    const { data } = batch.offsets;
    const lengths = Array.from({ length: data.length - 1 }, (_, b) => data[b + 1] - data[b]);
    if (topk) capacityRows(this.config, lengths).forEach((rows, r) => inputs[`capacity.${r}`] = rows);
    if (losses) inputs.labels = nextTokenLabels(batch);
    const parts = logits || losses ? hostParts(batch.ids.shape[0], partRows(this.config.V, this.device)) : undefined;
    return { ...inputs, ...nameParts(parts) };
  }

  #forwardProgram(
    topk: boolean,
    { logits = false, losses = false }: ForwardOptions,
    grouped: boolean,
  ): Program<string, string> {
    return this.#program(`forward ${topk} ${logits} ${losses} ${grouped}`, (named) => {
      const outputs = decode(this.device, this.params, this.config, this.#inputs(named, topk));
      return decoderOutputs(this.device, this.params, outputs, named, { logits, losses, grouped });
    });
  }

  /**
   * Gradients of the training total of next-token prediction, with top-k selection, for every parameter. Throws as
   * {@link DecoderModel.forward} does.
   */
  async gradients(sequences: readonly ArrayLike<number>[]): Promise<DecoderParams<HostTensor>> {
    const schema = decoderSchema(this.config);
    const topk = this.config.recursion.routing === "expert";
    const seeds = this.#seeds ??= lossSeeds(this.device, { lm: 1, ...this.config.losses });
    const program = this.#program("gradients", (named) => {
      const { offsets, labels } = named;
      const forward = (tape: Backend<T>) => {
        const outputs = decode(tape, this.params, this.config, this.#inputs(named, topk));
        const { nll } = decoderHead(tape, this.params, outputs.hidden, named);
        return decoderLosses(tape, outputs, { lm: mean(tape, nll!, { labels, offsets }), offsets });
      };
      const { gradients } = backpropagate(this.device, { schema, params: this.params }, forward, seeds, FORGET_HEAD);
      return gradientOutputs(gradients);
    });
    return readGradients(schema, await program(this.#host(packRows(sequences, this.config), topk, { losses: true })));
  }

  /** A model without experts on the same device (mol.md §3). Throws when this one has none. */
  async merge(options: MergeOptions = {}): Promise<DecoderModel<T>> {
    const { mol, ...rest } = this.config;
    if (!mol) throw new Error("Cannot merge experts: this model has none");
    const q = this.device.from({ shape: [mol.E], data: mergeWeights(mol, options) });
    const layers = this.params.layers.map((params) => mergeLayer(this.device, params, mol, q, options.mode));
    const merged = { ...this.params, layers };
    const params = await download<T, DecoderParams<HostTensor>>(this.device, decoderSchema(rest), merged);
    this.device.free(q);
    return new DecoderModel(this.device, rest, params, this.tokenizer);
  }

  /** The weights, on the host. */
  weights(): Promise<DecoderParams<HostTensor>> {
    return download(this.device, decoderSchema(this.config), this.params);
  }

  /** Frees the weights; the device stays open. */
  dispose(): void {
    release(this.device, decoderSchema(this.config), this.params);
    this.device.free(this.table);
    for (const seed of Object.values<T>({ ...this.#seeds })) this.device.free(seed);
    for (const program of this.#programs.values()) program.dispose();
  }
}
