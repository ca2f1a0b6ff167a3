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
import { commitTokens, commitTop } from "../../ops/commit_tokens.ts";
import { gather, scatterAdd } from "../../ops/rows.ts";
import { count, sample } from "../../ops/sample.ts";
import { rngCounters, schedule, STAGE } from "../../ops/slots.ts";
import { topLogProbs } from "../../ops/top_log_probs.ts";
import type { DecoderModel } from "../decoder.ts";
import type { EngineState, ListedLogits, SlotList } from "./state.ts";

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

/** What a step does besides drawing tokens. */
export interface StepKind {
  /** Counts drawn tokens, for repetition penalties. */
  readonly counts: boolean;
  /** Lists the likeliest tokens. */
  readonly lists: boolean;
}

/** The key of the programs of a kind. */
const keyOf = ({ counts, lists }: StepKind) => `${counts} ${lists}`;

/** Records the parts of a step, on the slots of a state. */
export class EngineStep<T extends Tensor = Tensor> {
  /** RoPE's cosines and sines, for as many positions as the caches have rows. */
  readonly table: T;
  #logitsOf?: Program<HostTensors<never>, HostTensors<"logits" | "rows" | "kept">>;
  readonly #finish = new Map<string, Program<HostTensors<"logits" | "rows" | "kept">, HostTensors<never>>>();
  readonly #programs = new Map<string, Program<HostTensors<never>, HostTensors<never>>>();

  /** For a model, whose weights it reads. */
  constructor(
    readonly model: DecoderModel<T>,
    readonly state: EngineState<T>,
    readonly options: StepOptions<T>,
  ) {
    this.table = model.tables.upTo(state.layout.tokens);
  }

  /** Starts whole steps. */
  start(steps: number, kind: StepKind): void {
    const key = keyOf(kind);
    const program = this.#programs.get(key) ?? this.state.device.compile(() => this.#run(kind));
    this.#programs.set(key, program);
    program.start({}, steps);
  }

  /** Starts a step; the host changes its logits, [M, V], before tokens are drawn. */
  async process(kind: StepKind, change: (listed: ListedLogits) => void): Promise<void> {
    const { device } = this.state, key = keyOf(kind);
    this.#logitsOf ??= device.compile(() => {
      const left = this.#left();
      return { logits: this.#logits(left), ...left };
    });
    const finish = this.#finish.get(key) ?? device.compile(({ logits, ...list }) => this.#end(logits, list, kind));
    this.#finish.set(key, finish);
    const listed = await this.#logitsOf({});
    change(listed);
    finish.start(listed);
  }

  #run(kind: StepKind): Record<never, T> {
    const left = this.#left();
    return this.#end(this.#logits(left), left, kind);
  }

  /** Draws tokens from logits, and runs the tokens in the block. */
  #end(logits: T, left: SlotList<T>, kind: StepKind): Record<never, T> {
    this.#draw(logits, left, kind);
    this.#recur(this.#list(STAGE.block, 0));
    return {};
  }

  /** Slots of a stage, none while at least `exitBatch` slots are in the block. */
  #list(stage: number, exitBatch: number): SlotList<T> {
    const { state: { device, slots }, options: { maxBatch } } = this;
    return schedule(device, slots, { stage, maxBatch, exitBatch });
  }

  /** Slots with a token that left the recursions. */
  #left(): SlotList<T> {
    return this.#list(STAGE.left, this.options.exitBatch);
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

  /** Logits of listed tokens, which leave the recursions, [M, V]. */
  #logits(list: SlotList<T>): T {
    const { state: { device, x, z, entered }, model: { params } } = this;
    const { kept: offsets } = list, { pass, rows: subset } = this.#pass(list, "outer");
    const stream = entered
      ? scatterAdd(device, {
        x: this.#read(entered, list),
        y: this.#read(x, list),
        gates: this.#read(z, list),
        offsets,
      })
      : this.#read(x, list);
    return headLogits(device, params, leave(pass, stream, subset), offsets);
  }

  /** A token is drawn from the logits of each listed slot, and enters. */
  #draw(logits: T, list: SlotList<T>, { counts, lists }: StepKind): void {
    const { state: { device, slots, z, log, top, clock, options, seen }, options: { stops } } = this;
    const { rows, kept: offsets } = list, listed = { rows, offsets };
    const random = rngCounters(device, { slots, rows, offsets });
    const { ids, logProbs } = sample(device, {
      ...{ logits, options: this.#read(options, list), ...random, offsets },
      seen: counts ? this.#read(seen!, list) : undefined,
    });
    if (counts) count(device, { seen: seen!, ids, ...listed });
    if (lists) {
      const k = top!.shape[1] / (2 * this.state.S);
      commitTop(device, { ...topLogProbs(device, { logits, offsets }, { k }), top: top!, clock, ...listed });
    }
    commitTokens(device, { slots, log, clock, drawn: ids, logProbs, z, ...listed }, { stops });
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
    this.#logitsOf?.dispose();
    for (const program of [...this.#programs.values(), ...this.#finish.values()]) program.dispose();
  }
}
