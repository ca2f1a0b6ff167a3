/**
 * The state of an engine's slots, on the device: who is where, who runs next, and where keys and values go.
 *
 * A slot holds a sequence that is being decoded. Its current token passes through stages: it waits for, or runs, a recursion
 * of the block (`block`); it has left the recursions and waits for the last layer and the head (`left`); its prompt is being
 * cached (`prompt`); a slot without a sequence is `idle`. See Mixture-of-Recursions (arXiv 2507.10524, §2.3, continuous depth-wise batching).
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";

/** Columns of a slot's row; rows cached by recursion r are at `SLOT.rows + r`, so that there are `SLOT.rows + N` columns. */
export const SLOT = {
  /** Where the current token is, a {@link STAGE}. */
  stage: 0,
  /** Recursions that it has run. */
  depth: 1,
  /** The clock when it came to its stage. */
  since: 2,
  /** Its position: rows cached outside the recursions so far. */
  length: 3,
  /** Tokens of the sequence at most. */
  limit: 4,
  /** Recursions of any token at most. */
  cap: 5,
  /** Recursions that this token chose (token-choice); N elsewhere. */
  chosen: 6,
  /** Seed of its random numbers. */
  seed: 7,
  /** First unit of its part of the caches. */
  start: 8,
  /** Units of its part. */
  units: 9,
  /** Rows cached by the first recursion. */
  rows: 10,
} as const;

/** Stages of a slot. */
export const STAGE = { idle: 0, block: 1, left: 2, prompt: 3 } as const;

/** How the caches of an engine are cut: parts are whole units, and a unit has fewer rows in deeper recursions. */
export interface CacheLayout {
  /** Units in all. */
  readonly pool: number;
  /** Rows of a unit outside the recursions. */
  readonly unit: number;
  /** Rows of a unit by recursion; those of all units of recursion 0 come first, then those of recursion 1, … */
  readonly units: readonly number[];
  /** Whether recursions share the keys and values of the first one: only that one has rows then. */
  readonly share: boolean;
}

/** Rows of a layout's recursions before r, where those of recursion r begin: pool·Σ_{q<r} units_q. */
export function rowsBefore({ pool, units }: CacheLayout, r: number): number {
  return units.slice(0, r).reduce((rows, unit) => rows + pool * unit, 0);
}

/** Throws unless `slots` is a table of slots of N recursions, and returns S. */
export function requireSlots(op: string, slots: Tensor, N: number): number {
  requireShape(op, "slots", slots, [undefined, SLOT.rows + N], "i32");
  return slots.shape[0];
}

/** Throws unless `rows` is a list of slots that ends, live, with the last of `offsets`, and returns its length. */
export function requireList(op: string, rows: Tensor, offsets: Tensor): number {
  requireShape(op, "rows", rows, [undefined], "i32");
  requireOffsets(op, offsets);
  return rows.shape[0];
}

/** What `queue` chooses from. */
export interface QueueParams {
  /** The stage to look at. */
  readonly stage: number;
  /** Slots that are chosen at most, W. */
  readonly width: number;
  /** Nobody is chosen while at least this many slots are in the stage `block`; 0 for no such condition. */
  readonly patience: number;
}

/**
 * The W slots that have waited longest in a stage, ties to the lower slot, in ascending order: first in, first out.
 *
 * Slots with an earlier `since` have waited longer; the clock may wrap round: a is earlier than b when (a − b) mod 2³², as a
 * signed number, is negative (so nobody may wait for 2³¹ ticks). slots [S, 10+N] i32 → rows [W] i32, kept [2] = (0, chosen).
 */
export const queueOp: Op<"slots", "rows" | "kept", QueueParams> = defineOp({
  name: "queue",
  family: "slots",
  inputs: ["slots"],
  outputs: ["rows", "kept"],
  infer({ slots }, { width }: QueueParams) {
    requireShape("queue", "slots", slots, [undefined, undefined], "i32");
    demand(
      "queue",
      slots.shape[1] > SLOT.rows,
      () => `slots have ${slots.shape[1]} columns, expected ${SLOT.rows} + N`,
    );
    demand("queue", width >= 0, () => `width ${width} is negative`);
    return { rows: spec([width], "i32"), kept: spec([2], "i32") };
  },
});

/** Applies {@link queueOp}: → rows [W], kept [2]. */
export function queue<T extends Tensor>(backend: Backend<T>, slots: T, params: QueueParams): { rows: T; kept: T } {
  return backend.run(queueOp, { slots }, params);
}

/** Whose caches rows go to: those outside the recursions, of one recursion, or of the one that each slot stands before. */
export interface PlaceParams {
  /** How caches are cut. */
  readonly layout: CacheLayout;
  /** `outer`, a recursion from 0, or `own`. */
  readonly at: "outer" | "own" | number;
  /** Rows, M. */
  readonly M: number;
}

/**
 * Where rows have their keys and values, and what they see: everything cached for their slot and recursion up to themselves.
 *
 * With `rows` [M] each is one row of that slot; without, slot s has the rows [offsets[s], offsets[s+1]). The i-th new row of
 * slot s, with n rows cached so far (`length`, or `rows + r`), goes to first + n + i, where first = start·unit outside the
 * recursions and pool·Σ_{q<r} units_q + start·units_r in recursion r; it sees [first, first + n + i + 1). Where keys and
 * values are shared, a row of recursion r > 0 goes nowhere and sees all of recursion 0. Rows of idle slots listed in `rows`
 * and rows that are not live go nowhere (−1) and see nothing ([0, 0)), and so do those beyond the slot's part
 * and, with `own`, those of slots that have run all N recursions.
 * slots [S, 10+N] i32 → positions [M] (`length` + i), places [M], ranges [M, 2], all i32.
 */
export const placeRowsOp: Op<"slots" | "rows?" | "offsets", "positions" | "places" | "ranges", PlaceParams> = defineOp({
  name: "placeRows",
  family: "slots",
  inputs: ["slots", "rows?", "offsets"],
  outputs: ["positions", "places", "ranges"],
  choices: { at: ["outer", "own"] },
  infer({ slots, rows, offsets }, { layout, at, M }: PlaceParams) {
    const S = requireSlots("placeRows", slots, layout.units.length);
    if (rows) demand("placeRows", requireList("placeRows", rows, offsets) === M, () => `${rows.shape} rows, not ${M}`);
    else requireShape("placeRows", "offsets", offsets, [S + 1], "i32");
    demand("placeRows", typeof at !== "number" || at < layout.units.length, () => `there is no recursion ${at}`);
    return { positions: spec([M], "i32"), places: spec([M], "i32"), ranges: spec([M, 2], "i32") };
  },
});

/** Applies {@link placeRowsOp}: → positions [M], places [M], ranges [M, 2]. */
export function placeRows<T extends Tensor>(
  backend: Backend<T>,
  inputs: { slots: T; rows?: T; offsets: T },
  params: PlaceParams,
): { positions: T; places: T; ranges: T } {
  return backend.run(placeRowsOp, inputs, params);
}

/**
 * What drawing a token needs of its slot: its seed, and the position of the token to be drawn, `length` + 1.
 *
 * slots [S, 10+N] i32, rows [M] i32, offsets end with the number of live rows → seeds [M] i32, counters [M] i32.
 */
export const drawsOp: Op<"slots" | "rows" | "offsets", "seeds" | "counters", Record<never, never>> = defineOp({
  name: "draws",
  family: "slots",
  inputs: ["slots", "rows", "offsets"],
  outputs: ["seeds", "counters"],
  infer({ slots, rows, offsets }) {
    requireShape("draws", "slots", slots, [undefined, undefined], "i32");
    const M = requireList("draws", rows, offsets);
    return { seeds: spec([M], "i32"), counters: spec([M], "i32") };
  },
});

/** Applies {@link drawsOp}: → seeds [M], counters [M]. */
export function draws<T extends Tensor>(
  backend: Backend<T>,
  inputs: { slots: T; rows: T; offsets: T },
): { seeds: T; counters: T } {
  return backend.run(drawsOp, inputs, {});
}
