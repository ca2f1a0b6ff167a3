/**
 * Decoding of a batch in lockstep, with key/value caches in place: nothing but drawn tokens is read back, many at a time.
 *
 * @module
 */
import { hostIndices, type Program } from "../op/device.ts";
import { Lifetime } from "../common/lifetime.ts";
import { cutRows, packRows } from "../model/batch.ts";
import { decode, type DecoderInputs, type DecoderOutputs, headLogits } from "../model/decoder.ts";
import type { Tensor } from "../op/op.ts";
import { store } from "../ops/optimizer.ts";
import { gather } from "../ops/rows.ts";
import { advance, sample } from "../ops/sample.ts";
import { count, deepen } from "../ops/state.ts";
import { Caches } from "./caches.ts";
import { countsOf } from "./counts.ts";
import type { DecoderModel } from "./decoder.ts";
import { type DecodingState, decodingState } from "./decoding_state.ts";
import { checkDecoding, type DecodingOptions, refusal, stopsOf } from "./decoding_options.ts";

/** One step for a batch. */
export interface Step {
  /** New ids, [B]; −1 for sequences that had ended, `NO_TOKEN` where the logits were not finite. */
  readonly ids: Int32Array;
  /** Recursions run by the rows that chose them, [B]; 0 for sequences that had ended. */
  readonly depth: Int32Array;
  /** Log-probabilities of the new ids before anything was filtered, [B]. */
  readonly logProbs: Float32Array | Float64Array;
  /** Scores of the rows that chose them, as in `Piece`, [B]; 0 for sequences that had ended. */
  readonly scores: Float32Array | Float64Array;
}

/** Rows of a step, and those of them that choose the next tokens; all where they are not named. */
type Rows<T> = Pick<DecoderInputs<T>, "ids" | "positions" | "offsets"> & { readonly last?: T };

/** Rows of a prompt that are run at a time, in all sequences together. */
const PROMPT_ROWS = 512;

/**
 * A batch that is being decoded. Sequences begin with `restart`, or with their prompts after {@link Decoding.prefill}.
 */
export class Decoding<T extends Tensor = Tensor> {
  readonly #model: DecoderModel<T>;
  readonly #options: DecodingOptions;
  readonly #caches: Caches<T>;
  readonly #table: T;
  readonly #state: DecodingState<T>;
  readonly #lifetime = new Lifetime("the batch");
  #seen?: T;
  readonly #step: Program<never, never>;
  readonly #feed: Program<"ids" | "positions" | "offsets", never>;
  readonly #prefill: Program<"ids" | "positions" | "offsets" | "last", never>;
  #steps = 0;

  /** Makes room on the model's device. Throws for hybrid keys, options out of range, and more tokens than positions. */
  constructor(model: DecoderModel<T>, options: DecodingOptions) {
    const { config, device } = model;
    checkDecoding(config, options);
    const { seeds: { length: B }, limit } = options;
    this.#model = model;
    this.#options = options;
    this.#caches = new Caches(device, config, B, limit);
    try {
      this.#table = model.tables.upTo(limit);
      this.#state = decodingState(device, options);
    } catch (error) {
      this.#caches.dispose();
      throw error;
    }
    this.#step = device.compile(() =>
      this.#draw({ ids: this.#state.ids, positions: this.#caches.lengths, offsets: this.#state.each })
    );
    this.#feed = device.compile((rows) => {
      this.#caches.settle(this.#decode(rows));
      return {};
    });
    this.#prefill = device.compile((rows) => this.#draw(rows));
  }

  #decode({ ids, positions, offsets }: Rows<T>): DecoderOutputs<T> {
    const { device, params, config } = this.#model;
    const { maxDepth } = this.#options, [table, cache] = [this.#table, this.#caches];
    return decode(device, params, config, { ids, positions, offsets, table, cache, maxDepth });
  }

  /** One step: the rows through the model, a token for each sequence, and the state moves on. */
  #draw(rows: Rows<T>): Record<never, T> {
    const { device, params, config } = this.#model;
    const { limit, restart } = this.#options, stops = stopsOf(this.#options.stops ?? config.eos, config.V);
    const { lengths } = this.#caches;
    const { depths, logProbs: kept, scores, sampling, each: _, ...state } = this.#state;
    const { seeds, at } = state;
    const seen = this.#seen;
    const outputs = this.#decode(rows);
    const { hidden, grown, recursions: [first, ...others] } = outputs;
    const choosing = (x: T) => rows.last ? gather(device, x, rows.last) : x;
    const logits = headLogits(device, params, choosing(hidden));
    const { ids: drawn, logProbs } = sample(device, {
      logits,
      options: sampling,
      seeds,
      counters: grown!,
      seen,
    });
    if (seen) count(device, { seen, ids: drawn });
    store(device, { list: kept, x: logProbs, at });
    if (first) {
      let last: { depth?: T; score: T } = { score: choosing(first.entered!) };
      for (const { active, entered } of others) {
        const ran = { offsets: rows.offsets, rows: active.rows!, kept: active.offsets, scores: entered };
        last = deepen(device, { ...ran, ...last });
      }
      if (last.depth) store(device, { list: depths, x: last.depth, at });
      store(device, { list: scores, x: last.score, at });
    }
    advance(device, { ...state, lengths, drawn, grown: grown! }, { stops, limit, restart });
    this.#caches.settle(outputs, lengths);
    return {};
  }

  /** Reads the prompts, one a sequence, a part of them at a time, and draws the first token of each. Throws as `packRows` does. */
  prefill(prompts: readonly ArrayLike<number>[]): void {
    const { device, config } = this.#model;
    const { seeds: { length: B }, limit, sampling } = this.#options;
    const batch = packRows(prompts, config);
    const lengths = prompts.map(({ length }) => length);
    const longest = Math.max(...lengths);
    if (lengths.length !== B) throw refusal(`${lengths.length} prompts for ${B} sequences`);
    if (longest >= limit) throw refusal(`a prompt of ${longest} tokens, and a limit of ${limit}`);
    if ((sampling?.repetitionPenalty ?? 1) !== 1) this.#seen = device.from(countsOf(prompts, config.V));
    const size = Math.max(1, Math.floor(PROMPT_ROWS / B));
    this.#count();
    for (let after = Math.ceil(longest / size) - 1; after >= 0; after--) {
      const [from, to] = [after + 1, after].map((parts) => lengths.map((T) => Math.max(0, T - parts * size)));
      const rows = { ...cutRows(batch, from, to) };
      if (after > 0) this.#feed.start(rows);
      else this.#prefill.start({ ...rows, last: hostIndices(rows.offsets.data.subarray(1).map((end) => end - 1)) });
    }
  }

  /** Draws the next tokens of each sequence, one after the other. */
  step(tokens = 1): void {
    this.#count(tokens);
    this.#step.start({}, tokens);
  }

  /** Throws where the model or the batch was disposed. */
  #check(): void {
    this.#lifetime.check("decode a batch");
    this.#model.check("decode a batch");
  }

  #count(tokens = 1): void {
    this.#check();
    if (this.#steps + tokens <= this.#options.kept) return void (this.#steps += tokens);
    throw refusal(`${this.#options.kept} tokens are kept, and none were read since`);
  }

  /** The steps since the last time, oldest first. */
  async read(): Promise<Step[]> {
    this.#check();
    const { list, depths, logProbs, scores, at } = this.#state;
    const read = await this.#model.device.read({ list, depths, logProbs, scores, at });
    const [kept, B] = list.shape;
    const lines = Array.from({ length: this.#steps }, (_, i) => (read.at.data[0] - this.#steps + i + 2 * kept) % kept);
    this.#steps = 0;
    return lines.map((line) => {
      const [ids, depth, logProbs, scored] = [read.list, read.depths, read.logProbs, read.scores].map(({ data }) =>
        data.slice(line * B, (line + 1) * B)
      );
      ids.forEach((id, b) => id < 0 && (depth[b] = scored[b] = 0));
      return {
        ids: ids as Int32Array,
        depth: Int32Array.from(depth),
        logProbs: logProbs as Step["logProbs"],
        scores: scored as Step["scores"],
      };
    });
  }

  /** Frees everything but the model. */
  dispose(): void {
    const { device } = this.#model;
    if (!this.#lifetime.end()) return;
    for (const tensor of Object.values<T>({ ...this.#state })) device.free(tensor);
    if (this.#seen) device.free(this.#seen);
    for (const program of [this.#step, this.#feed, this.#prefill]) program.dispose();
    this.#caches.dispose();
  }
}
