/**
 * What an engine keeps on the device between steps.
 *
 * @module
 */
import { type Device, type HostTensor, hostZeros } from "../../op/device.ts";
import type { DecoderConfig } from "../../model/config/config.ts";
import type { KvCache, KvScope } from "../../model/kv.ts";
import type { Subset } from "../../model/subset.ts";
import { once, type Tensor } from "../../op/op.ts";
import { fitCapacity } from "../../ops/route_tokens.ts";
import { kvSlots, SLOT } from "../../ops/slots.ts";
import { MOST_ALTERNATIVES } from "../generate_options.ts";
import type { EngineLayout } from "./kv_layout.ts";

/** Listed slots, ascending. */
export interface SlotList<T> {
  /** Slots, [M] i32. */
  readonly rows: T;
  /** Offsets of the list as rows: (0, live), [2] i32. */
  readonly kept: T;
}

/** Logits [M, V] of listed slots, on the host. */
export type ListedLogits = SlotList<HostTensor> & { readonly logits: HostTensor };

/** What the host reads of an engine: the log, the table of slots, and the likeliest tokens if they are `listed`. */
export type EngineReading = Record<"log" | "slots", HostTensor> & { readonly top?: HostTensor };

/** Slots, the streams that their tokens have come to, caches, and the log of drawn tokens. */
export class EngineState<T extends Tensor = Tensor> {
  /** Table of slots, [P, 10+N] i32. */
  readonly slots: T;
  /** Router score (or weight) of each slot's last recursion, [P, 1]. */
  readonly z: T;
  /** Residual stream of each slot's token, [S, D]. */
  readonly x: T;
  /** Token-choice: the same as it was before the recursions, [S, D]. */
  readonly entered?: T;
  /** How tokens are drawn, [S, 5]. */
  readonly options: T;
  /** Drawn tokens: a line a step of (id, depth, log-probability, score) by slot, [kept, 4·S]. */
  readonly log: T;
  /** Steps so far, [1] i32. */
  readonly clock: T;
  /** How often each slot has each token, [S, V] i32; there from the first {@link EngineState.startCounting} on. */
  seen?: T;
  /** The likeliest tokens of drawn tokens: a line a step of k pairs (id, log-probability) by slot, [kept, 2·S·k]. */
  top?: T;
  readonly #all: T[] = [];
  readonly #outer: ReadonlyMap<number, T>;
  readonly #block: readonly T[];

  /** Makes room on a device. */
  constructor(
    readonly device: Device<T>,
    readonly config: DecoderConfig,
    readonly layout: EngineLayout,
    readonly S: number,
    readonly kept: number,
  ) {
    const zeros = (...shape: number[]) => this.#keep(hostZeros(shape));
    const { pages, pageRows, recursionRows, share, outer, block } = layout;
    const W = 2 * config.G * config.K;
    try {
      this.slots = this.#keep(hostZeros([S, SLOT.rows + recursionRows.length], "i32"));
      this.z = zeros(S, 1);
      this.x = zeros(S, config.D);
      if (config.recursion.routing === "token") this.entered = zeros(S, config.D);
      this.options = zeros(S, 5);
      this.log = zeros(kept, 4 * S);
      this.clock = this.#keep(hostZeros([1], "i32"));
      this.#outer = new Map(outer.map((l) => [l, zeros(pages * pageRows, W)]));
      const rows = share ? pageRows : recursionRows.reduce((sum, rows) => sum + rows, 0);
      this.#block = Array.from({ length: block }, () => zeros(pages * rows, W));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  #keep(host: HostTensor): T {
    const tensor = this.device.from(host);
    this.#all.push(tensor);
    return tensor;
  }

  /** Makes room on a device, and waits until it is there. Throws where there is none. */
  static async open<T extends Tensor>(...args: ConstructorParameters<typeof EngineState<T>>): Promise<EngineState<T>> {
    const state = new EngineState<T>(...args);
    try {
      await state.device.ready(state.#all);
      return state;
    } catch (error) {
      state.dispose();
      throw error;
    }
  }

  /** Makes room for counts of tokens, which repetition penalties need. Throws a RangeError where the device has none. */
  startCounting(): void {
    const { S, config: { V } } = this;
    try {
      this.seen ??= this.#keep(hostZeros([S, V], "i32"));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const reason = `a repetition penalty counts ${V} tokens in each of ${S} slots (${error.message})`;
      throw new RangeError(`Cannot generate: ${reason}`, { cause: error });
    }
  }

  /** Makes room for the likeliest tokens. Throws a RangeError where the device has none. */
  startListing(): void {
    const { S, kept, config: { V } } = this;
    this.top ??= this.#keep(hostZeros([kept, 2 * S * Math.min(MOST_ALTERNATIVES, V)]));
  }

  /** The cache of unrolled layer l outside the recursions. */
  layer(l: number): T {
    return this.#outer.get(l)!;
  }

  /** The cache of layer j of the block, for all recursions. */
  block(j: number): T {
    return this.#block[j];
  }

  /** Caches for passes over rows of prompts: slot s has the rows [offsets[s], offsets[s+1]). */
  prompts(): KvCache<T> {
    const { device, slots, layout } = this;
    const map: KvCache<T>["map"] = (at, M, offsets) => {
      const { kvSlots: rows, ranges } = kvSlots(device, { slots, offsets }, { layout, at, M });
      return { kvSlots: rows, ranges };
    };
    const whole = layout.share || layout.recursionRows.every((rows) => rows === layout.pageRows);
    const fit: KvCache<T>["fit"] = (recursion, { rows, kept }) =>
      fitCapacity(device, { slots, rows, offsets: kept }, { layout, recursion });
    return { layer: (l) => this.layer(l), block: (j) => this.block(j), map, fit: whole ? undefined : fit };
  }

  /** Caches for one row of each listed slot, and the rows with the positions of their tokens. */
  listed({ rows, kept: offsets }: SlotList<T>, scope: KvScope): { rows: Subset<T>; cache: KvCache<T> } {
    const { device, slots, layout } = this;
    const mapped = once(() => kvSlots(device, { slots, rows, offsets }, { layout, at: scope, M: rows.shape[0] }));
    const cache: KvCache<T> = {
      layer: (l) => this.layer(l),
      block: (j) => this.block(j),
      map: () => ({ kvSlots: mapped().kvSlots, ranges: mapped().ranges }),
    };
    return {
      rows: {
        offsets,
        get positions() {
          return mapped().positions;
        },
      },
      cache,
    };
  }

  /** What the host reads after some steps; the reference, which never waits, lets others have a turn. */
  async read(listed = false): Promise<EngineReading> {
    const { log, slots, top } = this;
    const turn = this.device.kind === "reference" && new Promise((resolve) => setTimeout(resolve));
    const wanted = { log, slots, ...(listed && { top: top! }) };
    const [read] = await Promise.all([this.device.read(wanted as Record<keyof typeof wanted, T>), turn]);
    return read;
  }

  /** Frees everything. */
  dispose(): void {
    for (const tensor of this.#all.splice(0)) this.device.free(tensor);
  }
}
