/**
 * An encoder's weights on a device, and programs that run them on sequences.
 *
 * @module
 */
import type { Device, HostTensor, Program } from "../op/device.ts";
import { longest, packRows } from "../model/batch.ts";
import { encode, type EncoderInputs, type EncoderOutputs } from "../model/encoder.ts";
import type { EncoderConfig } from "../model/config/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../model/encoder_schema.ts";
import { encoderColumns, groupSequences, rowsAtOnce } from "../model/groups.ts";
import { type HeadInputs, headInputs, partRows } from "../model/head.ts";
import { RopeTables } from "../model/rope_tables.ts";
import { tensorsOf, upload } from "../model/upload.ts";
import type { Backend, Tensor } from "../op/op.ts";
import type { OnDevice } from "../op/tree.ts";
import { ropeTable } from "../ops/rope.ts";
import { Programs } from "./programs.ts";

/** Packed rows. */
type Rows<T> = Pick<EncoderInputs<T>, "ids" | "positions" | "offsets">;

/** RoPE's tables of global and local layers. */
type Tables<T> = Pick<EncoderInputs<T>, "table" | "localTable">;

/** Weights, tables and programs of an encoder. */
export class EncoderWeights<T extends Tensor> {
  /** Weights. */
  readonly params: EncoderParams<T>;
  /** Programs, for as long as the weights are there. */
  readonly programs: Programs<T>;
  readonly #tables: RopeTables<T>;
  readonly #localTables?: RopeTables<T>;

  /** Copies weights to a device, all or none, or takes them over. */
  constructor(readonly device: Device<T>, readonly config: EncoderConfig, params: EncoderParams<HostTensor | T>) {
    const { maxPositions, K, rope, local } = config;
    this.params = upload(device, encoderSchema(config), params);
    this.#tables = new RopeTables(device, maxPositions, (rows) => ropeTable(rows, K, rope));
    this.#localTables = local && new RopeTables(device, maxPositions, (rows) => ropeTable(rows, K, local.rope));
    this.programs = new Programs(device, tensorsOf(encoderSchema(config), this.params));
  }

  /** The program of a key for sequences, with tables for their positions. */
  program<I, O>(
    key: string,
    sequences: readonly ArrayLike<number>[],
    body: (inputs: OnDevice<NoInfer<I>, T>, tables: Tables<T>) => OnDevice<NoInfer<O>, T>,
  ): Program<I, O> {
    const rows = this.#tables.rows(longest(sequences));
    return this.programs.get<I, O>(`${key} ${rows}`, (inputs) => {
      return body(inputs, { table: this.#tables.upTo(rows), localTable: this.#localTables?.upTo(rows) });
    });
  }

  /** Hidden states and experts of packed rows. */
  encode(
    { ids, positions, offsets }: Rows<T>,
    tables: Tables<T>,
    backend: Backend<T> = this.device,
  ): EncoderOutputs<T> {
    return encode(backend, this.params, this.config, { ids, positions, offsets, ...tables });
  }

  /** Groups of sequences within the binding limit of the device, of at most `most` tokens. Throws for an invalid sequence. */
  groups(sequences: readonly ArrayLike<number>[], most = Infinity): ArrayLike<number>[][] {
    packRows(sequences, this.config);
    return groupSequences(sequences, Math.min(most, rowsAtOnce(this.device, encoderColumns(this.config))));
  }

  /** Inputs of the head's parts for so many rows. */
  headInputs(rows: number): HeadInputs<HostTensor> {
    return headInputs(rows, partRows(this.config.V, this.device));
  }

  /** Frees the weights; the device stays open. */
  dispose(): void {
    this.#tables.dispose();
    this.#localTables?.dispose();
    this.programs.dispose();
  }
}
