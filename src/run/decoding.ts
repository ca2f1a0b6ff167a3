/**
 * Decoding of a batch in lockstep, with key/value caches in place: nothing but drawn tokens is read back, many at a time.
 *
 * @module
 */
import { hostIndices, type HostTensor, hostTensor, type Program } from "../device.ts";
import { packRows, roomFor } from "../model/batch.ts";
import { decode, type DecoderInputs, headLogits } from "../model/decoder.ts";
import { ownsKeys } from "../model/sharing.ts";
import type { Tensor } from "../op.ts";
import { gather } from "../ops/rows.ts";
import { advance, sample, type SamplingOptions, samplingRow } from "../ops/sample.ts";
import type { DecoderModel } from "./decoder.ts";

/** A batch to decode. */
export interface DecodingOptions {
  /** Seed of each sequence; as many as there are sequences, B. */
  readonly seeds: ArrayLike<number>;
  /** Tokens of a sequence at most, its prompt included. */
  readonly limit: number;
  /** Ids that end a sequence; those of the model unless given. */
  readonly stops?: readonly number[];
  /** Tokens of each sequence that are kept on the device until they are read. */
  readonly kept: number;
  /** How tokens are drawn. */
  readonly sampling?: SamplingOptions;
  /** First id of the sequence that takes the place of one that ended, and first id at all; without it nothing does. */
  readonly restart?: number;
}

/** What a step changes, in place. */
interface State<T> {
  readonly ids: T;
  readonly lengths: T;
  readonly seeds: T;
  readonly ended: T;
  readonly list: T;
  readonly at: T;
}

/** Rows of a step, and those of them that choose the next tokens; all where they are not named. */
type Rows<T> = Pick<DecoderInputs<T>, "ids" | "positions" | "offsets"> & { readonly last?: T };

/**
 * A batch that is being decoded. Sequences begin with `restart`, or with their prompts after {@link Decoding.prefill}.
 */
export class Decoding<T extends Tensor = Tensor> {
  readonly #model: DecoderModel<T>;
  readonly #options: DecodingOptions;
  readonly #state: State<T>;
  readonly #sampling: T;
  readonly #each: T;
  readonly #kv: readonly (T | undefined)[];
  readonly #step: Program<never, never>;
  readonly #prefill: Program<"ids" | "positions" | "offsets" | "last", never>;
  #steps = 0;

  /** Makes room on the model's device. Throws for routed models, options out of range, and more tokens than positions. */
  constructor(model: DecoderModel<T>, options: DecodingOptions) {
    const { config: { recursion, maxPositions, L, G, K }, device } = model;
    const { seeds: { length: B }, limit, kept, sampling = {}, restart = 0 } = options;
    const refuse = (reason: string) => new RangeError(`Cannot decode a batch: ${reason}`);
    if (recursion.routing !== "none") throw refuse(`routing is "${recursion.routing}", expected "none"`);
    if (!(B > 0)) throw refuse("there are no sequences");
    if (!(limit > 0 && limit <= maxPositions)) {
      throw refuse(`a limit of ${limit} tokens, and there are ${maxPositions} positions`);
    }
    this.#model = model;
    this.#options = options;
    const whole = (value: number, shape = [B]) =>
      device.from(hostIndices(new Int32Array(shape.reduce((a, b) => a * b)).fill(value), shape));
    const seeds = device.from(hostIndices(options.seeds));
    const row = samplingRow(sampling);
    this.#sampling = device.from(hostTensor([B, 5], Array.from({ length: B }, () => row).flat()));
    this.#state = {
      ids: whole(restart),
      lengths: whole(0),
      seeds,
      ended: whole(0),
      list: whole(-1, [kept, B]),
      at: whole(0, [1]),
    };
    this.#each = device.from(hostIndices(Array.from({ length: B + 1 }, (_, b) => b)));
    const room = (): HostTensor => hostTensor([B * limit, 2 * G * K], new Float32Array(B * limit * 2 * G * K));
    this.#kv = Array.from({ length: L }, (_, l) => ownsKeys(model.config, l) ? device.from(room()) : undefined);
    this.#step = device.compile(() => {
      const { ids, lengths } = this.#state;
      return this.#record({ ids, positions: lengths, offsets: this.#each });
    });
    this.#prefill = device.compile((rows) => this.#record(rows));
  }

  /** One step: the rows through the model, a token for each sequence, and the state moves on. */
  #record({ last, ...rows }: Rows<T>): Record<never, T> {
    const { device, params, config, table } = this.#model;
    const { limit: C, restart, stops = config.eos } = this.#options;
    const { lengths, seeds } = this.#state;
    const cache = { kv: this.#kv, lengths, C };
    const { hidden, grown } = decode(device, params, config, { ...rows, table, cache });
    const logits = headLogits(device, params, last ? gather(device, hidden, last) : hidden);
    const { ids: drawn } = sample(device, { logits, options: this.#sampling, seeds, counters: grown! });
    advance(device, { ...this.#state, drawn, grown: grown! }, { stops, limit: C, restart });
    return {};
  }

  /** Reads the prompts, one a sequence, and draws the first token of each. Throws as `packRows` does. */
  prefill(prompts: readonly ArrayLike<number>[]): void {
    const total = prompts.reduce((sum, { length }) => sum + length, 0);
    const { ids, positions, offsets } = packRows(prompts, this.#model.config, roomFor(total));
    const last = hostIndices(Array.from(offsets.data.subarray(1), (end) => end - 1));
    this.#count();
    this.#prefill.start({ ids, positions, offsets, last });
  }

  /** Draws the next token of each sequence. */
  step(): void {
    this.#count();
    this.#step.start({});
  }

  #count(): void {
    if (this.#steps++ < this.#options.kept) return;
    throw new RangeError(`Cannot decode a batch: ${this.#options.kept} tokens are kept, and none were read since`);
  }

  /** The tokens drawn since the last time, oldest first, each of them [B]; −1 for sequences that had ended. */
  async read(): Promise<Int32Array[]> {
    const { list, at } = await this.#model.device.read({ list: this.#state.list, at: this.#state.at });
    const [kept, B] = list.shape;
    const data = list.data as Int32Array;
    const steps = Array.from({ length: this.#steps }, (_, i) => (at.data[0] - this.#steps + i + 2 * kept) % kept);
    this.#steps = 0;
    return steps.map((line) => data.slice(line * B, (line + 1) * B));
  }

  /** Frees everything but the model. */
  dispose(): void {
    const { device } = this.#model;
    for (const tensor of [...Object.values<T>({ ...this.#state }), this.#sampling, this.#each]) device.free(tensor);
    for (const kv of this.#kv) if (kv) device.free(kv);
  }
}
