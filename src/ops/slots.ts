/**
 * The table of an engine's slots on the device: scheduling, KV slot mapping, counters of random numbers.
 *
 * A slot holds a sequence that is being decoded. The stage of its current token is `block` before or in a recursion, `left`
 * after the recursions and before the last layer and the head, `prompt` while its prompt is being cached; a slot without a
 * sequence is `idle`. Continuous depth-wise batching: Mixture-of-Recursions, arXiv 2507.10524, §2.3.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";
import type { Backend, Tensor } from "../op/op.ts";

/** Columns of a slot's row; rows cached by recursion r are at `SLOT.rows + r`, so that there are `SLOT.rows + N` columns. */
export const SLOT = {
  /** {@link STAGE} of the current token. */
  stage: 0,
  /** Recursions that the current token has run. */
  depth: 1,
  /** Clock at which the current token entered its stage. */
  since: 2,
  /** Position of the current token: rows cached outside the recursions. */
  length: 3,
  /** Tokens of the sequence at most. */
  limit: 4,
  /** Recursions of any token at most. */
  cap: 5,
  /** Recursions that this token chose (token-choice); N elsewhere. */
  chosen: 6,
  /** Seed of its random numbers. */
  seed: 7,
  /** First page of its KV caches. */
  firstPage: 8,
  /** Pages of its KV caches. */
  pages: 9,
  /** Rows cached by the first recursion. */
  rows: 10,
} as const;

/** Stages of a slot. */
export const STAGE = { idle: 0, block: 1, left: 2, prompt: 3 } as const;

/** Layout of KV caches in pages: a sequence has whole pages, and a page may have fewer rows in deeper recursions. */
export interface KvLayout {
  /** Pages in all. */
  readonly pages: number;
  /** Rows of a page outside the recursions. */
  readonly pageRows: number;
  /** Rows of a page by recursion; those of all pages of recursion 0 come first, then those of recursion 1, … */
  readonly recursionRows: readonly number[];
  /** Whether recursions share the keys and values of the first one: only that one has rows then. */
  readonly share: boolean;
}

/** Rows of a layout's recursions before r, where those of recursion r begin: pages·Σ_{q<r} recursionRows_q. */
export function rowsBefore({ pages, recursionRows }: KvLayout, r: number): number {
  return recursionRows.slice(0, r).reduce((before, rows) => before + pages * rows, 0);
}

/** Parameters of {@link schedule}. */
export interface ScheduleParams {
  /** Stage whose slots are scheduled. */
  readonly stage: number;
  /** Slots that are scheduled at most, S. */
  readonly maxBatch: number;
  /** No slot is scheduled while at least this many are in the stage `block`; 0 for no such condition. */
  readonly exitBatch: number;
}

/**
 * The S slots that have waited longest in a stage, ties to the lower slot, in ascending order: first in, first out.
 *
 * Slots with an earlier `since` have waited longer; the clock may wrap round: a is earlier than b when (a − b) mod 2³², as a
 * signed number, is negative (a slot waits for less than 2³¹ steps). slots [P, 10+N] i32 → rows [S] i32, kept [2] = (0, chosen).
 */
export const scheduleOp = defineOp({
  name: "schedule",
  family: "slots",
  inputs: { slots: "P 10+N i32" },
  outputs: { rows: "S i32", kept: "2 i32" },
  params: { stage: "size", maxBatch: "size", exitBatch: "size" },
  axes: ({ maxBatch }) => ({ S: maxBatch }),
});

/** Applies {@link scheduleOp}: → rows [S], kept [2]. */
export function schedule<T extends Tensor>(
  backend: Backend<T>,
  slots: T,
  params: ScheduleParams,
): { rows: T; kept: T } {
  return backend.run(scheduleOp, { slots }, params);
}

/** Parameters of {@link kvSlots}. */
export interface KvSlotsParams {
  /** Layout of the KV caches. */
  readonly layout: KvLayout;
  /** Scope of the caches: outside the recursions (`outer`), recursion r from 0, or the next recursion of each slot (`own`). */
  readonly at: "outer" | "own" | number;
  /** Rows, M. */
  readonly M: number;
}

/**
 * KV slot mapping of M new rows, shared by all layers of a scope: the cache row of each, and the range that it attends to.
 *
 * With `rows` [M] each is one row of that slot; without, slot s has the rows [offsets[s], offsets[s+1]). The i-th new row of
 * slot s, with n rows cached so far (`length`, or `rows + r`), goes to first + n + i, where first = firstPage·pageRows outside the
 * recursions and pages·Σ_{q<r} recursionRows_q + firstPage·recursionRows_r in recursion r; it sees [first, first + n + i + 1). Where keys and
 * values are shared, a row of recursion r > 0 goes nowhere and sees all of recursion 0. Rows of idle slots listed in `rows`
 * and rows that are not live go nowhere (−1) and see nothing ([0, 0)), and so do those beyond the slot's part
 * and, with `own`, those of slots that have run all N recursions.
 * slots [P, 10+N] i32 → positions [M] (`length` + i), kvSlots [M], ranges [M, 2], all i32.
 */
export const kvSlotsOp = defineOp({
  name: "kvSlots",
  family: "slots",
  inputs: { slots: "P 10+N i32", "rows?": "M i32", offsets: "_+1 i32" },
  outputs: { positions: "M i32", kvSlots: "M i32", ranges: "M 2 i32" },
  params: {
    layout: { pages: "size", pageRows: "size", recursionRows: "sizes", share: "boolean" },
    at: ["outer", "own", "size"],
    M: "size",
  },
  axes: ({ layout }) => ({ N: layout.recursionRows.length }),
  refuse({ P, N }, { at }, { rows, offsets }) {
    if (typeof at === "number" && at >= N) return `there is no recursion ${at} of ${N}`;
    return !rows && offsets.shape[0] !== P + 1 && `offsets has shape [${offsets.shape}], expected [P+1] with P = ${P}`;
  },
});

/** Applies {@link kvSlotsOp}: → positions [M], kvSlots [M], ranges [M, 2]. */
export const kvSlots: Apply<"slots" | "rows?" | "offsets", "positions" | "kvSlots" | "ranges", KvSlotsParams> =
  applying(
    kvSlotsOp,
  );

/**
 * What drawing a token needs of its slot: its seed, and the position of the token to be drawn, `length` + 1.
 *
 * slots [P, 10+N] i32, rows [M] i32, offsets end with the number of live rows → seeds [M] i32, counters [M] i32.
 */
export const rngCountersOp = defineOp({
  name: "rngCounters",
  family: "slots",
  inputs: { slots: "P 10+N i32", rows: "M i32", offsets: "_+1 i32" },
  outputs: { seeds: "M i32", counters: "M i32" },
});

/** Applies {@link rngCountersOp}: → seeds [M], counters [M]. */
export const rngCounters: Apply<"slots" | "rows" | "offsets", "seeds" | "counters"> = applying(rngCountersOp);
