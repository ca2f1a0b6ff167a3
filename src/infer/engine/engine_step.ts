/**
 * One step of an engine: tokens that have left the block become new ones, then everybody in the block runs one recursion.
 *
 * Continuous depth-wise batching (Mixture-of-Recursions, arXiv 2507.10524, §2.3): all recursions share the block's weights,
 * so one call of it takes rows that stand at different depths, each with the caches of its own sequence and recursion.
 *
 * @module
 */
import type { GateKind, RouteKind } from "../../op/kinds.ts";
import type { HostTensors, Program } from "../../op/device.ts";
import { type Block, runBlock } from "../../model/block.ts";
import { headLogits } from "../../model/decoder.ts";
import { decoderStyle, UnrolledLayers } from "../../model/unrolled.ts";
import { routerScores } from "../../model/recursion.ts";
import { blockLayers, outerLayers } from "../../model/config/sharing.ts";
import type { RouterParams } from "../../model/decoder_schema.ts";
import type { Tensor } from "../../op/op.ts";
import { cacheWrite } from "../../ops/cache.ts";
import { embed } from "../../ops/embed.ts";
import { routeTokens } from "../../ops/route_tokens.ts";
import { norm } from "../../ops/norm.ts";
import { commitTokens } from "../../ops/commit_tokens.ts";
import { gate, route } from "../../ops/router.ts";
import { gather, scatterAdd } from "../../ops/rows.ts";
import { count, sample } from "../../ops/sample.ts";
import { selectThreshold } from "../../ops/select.ts";
import { kvSlots, rngCounters, schedule, STAGE } from "../../ops/slots.ts";
import type { DecoderModel } from "../decoder.ts";
import type { EngineState } from "./state.ts";

/** Slots to work on, ascending, and (0, how many). */
export interface SlotList<T> {
  /** Slots, [M] i32. */
  readonly rows: T;
  /** Offsets of the list as rows: (0, live), [2] i32. */
  readonly kept: T;
}

/** How an engine runs. */
export interface StepOptions<T> {
  /** Rows of a call of the block, and of the last layer, at most. */
  readonly maxBatch: number;
  /** Slots that have left gather while at least this many are in the block. */
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

  /** Starts whole steps; they `count` the tokens that they draw where anybody has a repetition penalty. */
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

  /** Ids become rows of the stream, run the first layer, and stand before the first recursion. ids [M]. */
  enter(ids: T, { rows, kept }: SlotList<T>): void {
    const { state, model: { device, params } } = this;
    const x = this.#outer(embed(device, ids, params.embedding, kept), { rows, kept }, 0);
    for (const cache of [state.x, state.entered]) {
      if (cache) cacheWrite(device, { cache, x, places: rows, offsets: kept });
    }
    this.#routeTokens(x, { rows, kept }, false);
  }

  /** The first or the last layer, where there is one outside the recursions. */
  #outer(x: T, { rows, kept }: SlotList<T>, l: number): T {
    const { state: { device, slots, layout, config }, state, model: { params }, table } = this;
    if (!outerLayers(config.recursion.sharing) || config.recursion.routing === "none") return x;
    const placed = kvSlots(device, { slots, rows, offsets: kept }, { layout, at: "outer", M: rows.shape[0] });
    const cache = { layer: (l: number) => state.layer(l), place: () => placed };
    return new UnrolledLayers(device, params, config, { positions: placed.positions, offsets: kept, table, cache }).run(
      x,
      l,
    );
  }

  /** One recursion of all rows in the block, whatever their depths. */
  #recur({ rows, kept }: SlotList<T>): void {
    const { state: { device, slots, z, config, layout }, state } = this;
    const { routing, gate: kind, alpha } = config.recursion;
    const entering = gather(device, state.x, rows, kept);
    const at = routing === "none" ? "outer" : "own";
    const placed = kvSlots(device, { slots, rows, offsets: kept }, { layout, at, M: rows.shape[0] });
    const ran = routing === "none" ? this.#all(entering, kept, placed) : this.#block(entering, kept, placed);
    const gates = routing === "expert" &&
      gate(device, gather(device, z, rows, kept), { kind: kind as GateKind, alpha }, kept);
    const x = gates ? scatterAdd(device, { x: entering, y: ran, gates, offsets: kept }) : ran;
    cacheWrite(device, { cache: state.x, x, places: rows, offsets: kept });
    this.#routeTokens(x, { rows, kept }, true);
  }

  /** All layers of a model without routing. */
  #all(x: T, kept: T, placed: { positions: T; places: T; ranges: T }): T {
    const { state, model: { device, params, config }, table } = this;
    const layers = new UnrolledLayers(device, params, config, {
      ...{ positions: placed.positions, offsets: kept, table },
      cache: { layer: (l) => state.layer(l), place: () => placed },
    });
    for (let l = 0; l < config.L; l++) x = layers.run(x, l);
    return x;
  }

  /** The block of a routed model; where keys and values are shared, only rows of the first recursion have some. */
  #block(x: T, kept: T, { positions, places, ranges }: { positions: T; places: T; ranges: T }): T {
    const { state, state: { layout: { share } }, model: { device, params, config }, table } = this;
    const outer = outerLayers(config.recursion.sharing) / 2;
    const first = share ? selectThreshold(device, { scores: places, offsets: kept }, 0) : undefined;
    const of = (list: T) => first ? gather(device, list, first.rows, first.kept) : list;
    const writers = first && { rows: first.rows, offsets: first.kept, positions: of(positions) };
    const placed = { places: of(places), ranges };
    const block: Block<T> = {
      layers: params.layers.slice(outer, outer + blockLayers(config)),
      style: decoderStyle(config),
      table,
      kv: "recursion",
      cache: { block: (_, j) => state.block(j), place: () => placed },
      writers,
    };
    return runBlock(device, x, block, 0, { offsets: kept, positions }).x;
  }

  /** Routes rows that came new or have run a recursion. */
  #routeTokens(x: T, { rows, kept }: SlotList<T>, ran: boolean): void {
    const { state: { slots, z, clock, layout }, model: { device, params, config } } = this;
    const { router, auxiliary } = this.options;
    const scored = (by?: RouterParams<T>) => by && routerScores(device, x, by, kept);
    const routed = { slots, z, rows, offsets: kept, clock };
    const { routing, gate: kind, alpha } = config.recursion;
    if (routing === "token" && !ran) {
      const choice = { k: 1, kind: kind as RouteKind, alpha, normalize: false };
      const { experts, weights } = route(
        device,
        { logits: scored(router)!, bias: params.routerBias, offsets: kept },
        choice,
      );
      routeTokens(device, { ...routed, experts, weights }, { layout, ran });
      return;
    }
    const scores = routing === "expert" ? { scores: scored(router), auxiliary: scored(auxiliary) } : {};
    routeTokens(device, { ...routed, ...scores }, { layout, ran });
  }

  /** Rows that have left the recursions: last layer, head, a token drawn (and counted, [S, V]), which enters. */
  #leave({ rows, kept }: SlotList<T>, counted?: T): void {
    const { state, state: { slots, z, log, clock, config }, model: { device, params } } = this;
    const of = (list: T) => gather(device, list, rows, kept);
    const left = state.entered
      ? scatterAdd(device, { x: of(state.entered), y: of(state.x), gates: of(z), offsets: kept })
      : of(state.x);
    const x = this.#outer(left, { rows, kept }, config.L - 1);
    const hidden = norm(device, x, params.norm, decoderStyle(config).norm, kept);
    const logits = headLogits(device, params, hidden, kept);
    const random = rngCounters(device, { slots, rows, offsets: kept });
    const [options, seen] = [of(state.options), counted && of(counted)];
    const { ids, logProbs } = sample(device, { logits, options, ...random, seen, offsets: kept });
    if (counted) count(device, { seen: counted, ids, rows, offsets: kept });
    commitTokens(device, { slots, log, clock, drawn: ids, logProbs, z, rows, offsets: kept }, {
      stops: this.options.stops,
    });
    this.enter(ids, { rows, kept });
  }

  /** Forgets the programs. */
  dispose(): void {
    for (const program of [this.#plain, this.#counting]) program.dispose();
  }
}
