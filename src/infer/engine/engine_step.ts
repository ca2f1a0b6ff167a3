/**
 * One step of an engine: tokens that left the block are replaced by new ones, then those in the block run one recursion.
 *
 * Continuous depth-wise batching (Mixture-of-Recursions, arXiv 2507.10524, §2.3): all recursions share the block's weights,
 * so one call of it takes rows of different depths, each with the caches of its own sequence and recursion. The verbs
 * are those of the full forward pass (`src/model/decoder.ts`) on lists of slots.
 *
 * @module
 */
import type { HostTensors, Program } from "../../op/device.ts";
import type { RouterParams } from "../../model/decoder_schema.ts";
import { enter, headLogits, leave, type Pass, recur } from "../../model/decoder.ts";
import { KvPass, type KvScope } from "../../model/kv.ts";
import { routeSlots, slotRoute } from "../../model/depth_routing.ts";
import type { Subset } from "../../model/subset.ts";
import type { Tensor } from "../../op/op.ts";
import { cacheWrite } from "../../ops/cache.ts";
import { commitTokens } from "../../ops/commit_tokens.ts";
import { gather, scatterAdd } from "../../ops/rows.ts";
import { count, sample } from "../../ops/sample.ts";
import { rngCounters, schedule, STAGE } from "../../ops/slots.ts";
import type { DecoderModel } from "../decoder.ts";
import type { EngineState, SlotList } from "./state.ts";

/** Options of a step. */
export interface StepOptions<T> {
  /** Rows of a call of the block, and of the last layer, at most. */
  readonly maxBatch: number;
  /** Tokens that left wait while at least this many are in the block. */
  readonly exitBatch: number;
  /** Ids that end a sequence. */
  readonly stops: readonly number[];
  /** The routers of all recursions in one, [N, …]; of token-choice the only one. */
  readonly router?: RouterParams<T>;
  /** The same of auxiliary routers. */
  readonly auxiliary?: RouterParams<T>;
}

/** Records the parts of a step, on the slots of a state. */
export class EngineStep<T extends Tensor = Tensor> {
  /** RoPE's cosines and sines, for as many positions as the caches have rows. */
  readonly table: T;
  readonly #plain: Program<HostTensors<never>, HostTensors<never>>;
  readonly #counting: Program<HostTensors<never>, HostTensors<never>>;

  /** For a model, whose weights it reads. */
  constructor(
    readonly model: DecoderModel<T>,
    readonly state: EngineState<T>,
    readonly options: StepOptions<T>,
  ) {
    this.table = model.tables.upTo(state.layout.tokens);
    this.#plain = state.device.compile(() => this.#run(false));
    this.#counting = state.device.compile(() => this.#run(true));
  }

  /** Starts whole steps; they `count` the tokens that they draw while a request with a repetition penalty decodes. */
  start(steps: number, counts: boolean): void {
    (counts ? this.#counting : this.#plain).start({}, steps);
  }

  #run(counts: boolean): Record<never, T> {
    const { maxBatch, exitBatch } = this.options;
    const { device, slots, seen } = this.state;
    this.#leave(schedule(device, slots, { stage: STAGE.left, maxBatch, exitBatch }), counts ? seen : undefined);
    this.#recur(schedule(device, slots, { stage: STAGE.block, maxBatch, exitBatch: 0 }));
    return {};
  }

  /** A pass of the rows of listed slots through the decoder. */
  #pass(list: SlotList<T>, scope: KvScope): { pass: Pass<T>; rows: Subset<T> } {
    const { state, state: { device: backend }, model: { params, config }, table } = this;
    const { rows, cache } = state.listed(list, scope);
    return { pass: { backend, params, config, table, kv: new KvPass(backend, config, cache) }, rows };
  }

  /** New tokens enter: their rows of the stream, and the route into the first recursion. ids [M]. */
  enter(ids: T, list: SlotList<T>): void {
    const { pass, rows } = this.#pass(list, "outer");
    const x = enter(pass, ids, rows);
    this.#write(this.state.x, x, list);
    if (this.state.entered) this.#write(this.state.entered, x, list);
    this.#route(x, list, false);
  }

  /** Listed tokens run one recursion each, whatever their depths, and are routed. */
  #recur(list: SlotList<T>): void {
    const { state: { device, x, z, config } } = this;
    const { pass, rows } = this.#pass(list, config.recursion.routing === "none" ? "outer" : "own");
    const stream = this.#read(x, list), scores = () => this.#read(z, list);
    const y = recur(pass, stream, slotRoute(device, stream, scores, rows, config), "own");
    this.#write(x, y, list);
    this.#route(y, list, true);
  }

  /** Listed tokens leave the recursions: a token is drawn from each (and counted, [S, V]), and enters. */
  #leave(list: SlotList<T>, counted?: T): void {
    const { state: { device, slots, x, z, entered, log, clock, options }, model: { params }, options: { stops } } =
      this;
    const { rows, kept: offsets } = list, { pass, rows: subset } = this.#pass(list, "outer");
    const stream = entered
      ? scatterAdd(device, {
        x: this.#read(entered, list),
        y: this.#read(x, list),
        gates: this.#read(z, list),
        offsets,
      })
      : this.#read(x, list);
    const logits = headLogits(device, params, leave(pass, stream, subset), offsets);
    const seen = counted && this.#read(counted, list);
    const random = rngCounters(device, { slots, rows, offsets });
    const { ids, logProbs } = sample(device, { logits, options: this.#read(options, list), ...random, seen, offsets });
    if (counted) count(device, { seen: counted, ids, rows, offsets });
    commitTokens(device, { slots, log, clock, drawn: ids, logProbs, z, rows, offsets }, { stops });
    this.enter(ids, list);
  }

  /** Routes rows of the stream into a recursion, or out of the block. */
  #route(x: T, { rows, kept: offsets }: SlotList<T>, ran: boolean): void {
    const { state: { device, slots, z, clock, layout, config }, model: { params: { routerBias: bias } } } = this;
    const { router, auxiliary } = this.options, listed = { slots, z, clock, rows, offsets };
    routeSlots(device, x, listed, { router, auxiliary, bias }, config, { layout, ran });
  }

  /** Rows of listed slots, [M, …]. */
  #read(tensor: T, { rows, kept }: SlotList<T>): T {
    return gather(this.state.device, tensor, rows, kept);
  }

  #write(cache: T, x: T, { rows, kept: offsets }: SlotList<T>): void {
    cacheWrite(this.state.device, { cache, x, rows, offsets });
  }

  /** Forgets the programs. */
  dispose(): void {
    for (const program of [this.#plain, this.#counting]) program.dispose();
  }
}
