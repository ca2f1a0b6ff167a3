/**
 * A decoder on a device: forward passes with routing and losses, gradients, merging.
 *
 * @module
 */
import { checkOptions, flag, oneOf } from "../common/options.ts";
import type { Device, HostTensor } from "../op/device.ts";
import type { Tensor } from "../op/op.ts";
import { ropeTable } from "../ops/rope.ts";
import { type Batch, capacityRows, lengthsOf, longest, nextTokenLabels, packRows } from "../model/batch.ts";
import type { DecoderConfig } from "../model/config/config.ts";
import { decode } from "../model/decoder.ts";
import { type DecoderParams, decoderSchema } from "../model/decoder_schema.ts";
import { decoderColumns, groupSequences, rowsAtOnce } from "../model/groups.ts";
import { headInputs, partRows } from "../model/head.ts";
import type { MergeOptions } from "../model/merge.ts";
import { RopeTables } from "../model/rope_tables.ts";
import { readRecursions } from "../model/results.ts";
import { download, tensorsOf, upload } from "../model/upload.ts";
import {
  decoderOutputs,
  type DecoderResult,
  decoderResult,
  type ForwardInputs,
  type ForwardOptions,
} from "./decoder_forward.ts";
import type { ForwardOutputs, Group } from "./group_losses.ts";
import { Programs } from "./programs.ts";
import type { ScoredSequence } from "./score/score_inputs.ts";
import type { TokenScores, TokenScoresOptions } from "./score/token_scores.ts";
import { encodeText, type Tokenizer } from "./tokenizer.ts";

export type { DecoderResult, ForwardOptions } from "./decoder_forward.ts";

/** A decoder with its weights on a device; `Decoder.load` of the package makes one from a checkpoint. */
export class DecoderModel<T extends Tensor = Tensor> {
  /** Weights. */
  readonly params: DecoderParams<T>;
  /** RoPE's cosines and sines, for the positions in use. */
  readonly tables: RopeTables<T>;
  readonly #programs: Programs<T>;

  /** Copies weights to a device, all or none; tensors of the device become the model's. */
  constructor(
    readonly device: Device<T>,
    readonly config: DecoderConfig,
    params: DecoderParams<HostTensor | T>,
    readonly tokenizer?: Tokenizer,
  ) {
    this.params = upload(device, decoderSchema(config), params);
    this.tables = new RopeTables(device, config.maxPositions, (rows) => ropeTable(rows, config.K, config.rope));
    this.#programs = new Programs(device, tensorsOf(decoderSchema(config), this.params));
  }

  /** Throws `Cannot <action>: the model was disposed` once it was. */
  check(action: string): void {
    this.#programs.check(action);
  }

  /** Waits until the weights are on the device. Throws where there was no room for them. */
  ready(): Promise<void> {
    return this.#programs.ready();
  }

  /**
   * Runs sequences of ids, as many at once as the device can bind activations of.
   *
   * Throws a RangeError for empty sequences, ids outside the vocabulary and too many tokens.
   */
  async forward(sequences: readonly ArrayLike<number>[], options: ForwardOptions = {}): Promise<DecoderResult> {
    checkOptions("run sequences", options, { selection: oneOf(["threshold", "topk"]), logits: flag, losses: flag });
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
    const { logits = false, losses = false } = options, rows = this.tables.rows(longest(sequences));
    const program = this.#programs.get<ForwardInputs<HostTensor>, ForwardOutputs<HostTensor>>(
      `forward ${topk} ${rows} ${logits} ${losses} ${grouped}`,
      (inputs) => {
        const { batch: { ids, positions, offsets }, capacity } = inputs, table = this.tables.upTo(rows);
        const outputs = decode(this.device, this.params, this.config, { ids, positions, offsets, table, capacity });
        return decoderOutputs<T>(this.device, this.params, outputs, inputs, { logits, losses, grouped });
      },
    );
    const outputs = await program(inputs);
    const recursions = readRecursions(outputs.routing, M, M);
    return { ...outputs, offsets: batch.offsets.data as Int32Array, labels: inputs.labels, recursions };
  }

  #host(batch: Batch, topk: boolean, { logits, losses }: ForwardOptions): ForwardInputs<HostTensor> {
    const [M] = batch.ids.shape;
    return {
      batch,
      capacity: topk ? capacityRows(this.config, lengthsOf(batch)) : undefined,
      labels: losses ? nextTokenLabels(batch) : undefined,
      head: logits || losses ? headInputs(M, partRows(this.config.V, this.device)) : undefined,
    };
  }

  /** Scores tokens of sequences under the tokens before them. Throws as {@link tokenScores} does. */
  async tokenScores(
    sequences: readonly ScoredSequence[],
    options: TokenScoresOptions = {},
  ): Promise<TokenScores[]> {
    const { tokenScores } = await import("./extras.ts");
    return await tokenScores(this, this.#programs, sequences, options);
  }

  /**
   * Gradients of the training total of next-token prediction, with top-k selection, for every parameter. Throws as
   * {@link DecoderModel.forward} does.
   */
  async gradients(sequences: readonly ArrayLike<number>[]): Promise<DecoderParams<HostTensor>> {
    this.check("run the model");
    const rows = packRows(sequences, this.config), labels = nextTokenLabels(rows);
    const { CausalLM, stepGradients } = await import("./extras.ts");
    await this.device.prepareTraining?.();
    this.check("run the model");
    const objective = new CausalLM(this.device, this.config, { rows: rows.ids.shape[0] });
    try {
      const step = { step: 0, batches: [{ rows, labels }], training: false };
      return await stepGradients(this.device, objective, this.params, step);
    } finally {
      objective.dispose();
    }
  }

  /** A model without experts on the same device (docs/mol.md, "Expert merging"). Throws as `mergeExperts` does. */
  async merge(options: MergeOptions = {}): Promise<DecoderModel<T>> {
    this.check("merge experts");
    const { mol, ...rest } = this.config;
    const idsOf = (text: string) => encodeText(this.tokenizer, text);
    const { mergeExperts } = await import("./extras.ts");
    const params = await mergeExperts(
      this.device,
      this.params.layers,
      { mol, options, idsOf, route: this.forward.bind(this) },
      (layers) => download<T, DecoderParams<HostTensor>>(this.device, decoderSchema(rest), { ...this.params, layers }),
    );
    return new DecoderModel(this.device, rest, params, this.tokenizer);
  }

  /** The weights, on the host. */
  async weights(): Promise<DecoderParams<HostTensor>> {
    this.check("read the weights");
    return await download(this.device, decoderSchema(this.config), this.params);
  }

  /** Frees the weights; the device stays open. */
  dispose(): void {
    this.tables.dispose();
    this.#programs.dispose();
  }
}
