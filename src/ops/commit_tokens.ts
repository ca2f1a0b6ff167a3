/**
 * Drawn tokens enter the table of slots and the log; lengths of KV caches advance.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";
import type { Backend, Tensor } from "../op/op.ts";

/** Parameters of {@link commitTokens}. */
export interface CommitTokensParams {
  /** Ids that end a sequence. */
  readonly stops: readonly number[];
}

/**
 * Commits drawn tokens to the table of slots and to the log, in place.
 *
 * The log's line is `clock` mod n; first log[line, s] = (−1, 0, 0, 0) for every slot. Then for the slot s of each live entry
 * m of the list, unless it is idle: log[line, s] = (drawn[m], depth, logProbs[m], z[s]). It ends, stage = idle, if drawn[m] ∈
 * stops or drawn[m] < 0, or at its limit: length + 2 ≥ limit. If not, length += 1 and depth = 0. Last, clock += 1 (mod 2³²).
 *
 * slots [P, 10+N] i32, log [I, 4·P] f32 (ids below 2²⁴ are exact), clock [1] i32, drawn [M] i32, logProbs [M, 1], z [P, 1],
 * rows [M] i32 (distinct), offsets.
 */
export const commitTokensOp = defineOp({
  name: "commitTokens",
  family: "commit_tokens",
  inputs: {
    slots: "P 10+N i32",
    log: "I 4P",
    clock: "1 i32",
    drawn: "M i32",
    logProbs: "M 1",
    z: "P 1",
    rows: "M i32",
    offsets: "_+1 i32",
  },
  outputs: { slots: "P 10+N i32", log: "I 4P", clock: "1 i32" },
  params: { stops: "sizes" },
  refuse: ({ I }) => I === 0 && "the log has no lines",
});

/** Applies {@link commitTokensOp}. */
export const commitTokens: Apply<
  "slots" | "log" | "clock" | "drawn" | "logProbs" | "z" | "rows" | "offsets",
  "slots" | "log" | "clock",
  CommitTokensParams
> = applying(commitTokensOp);

/**
 * Writes the likeliest tokens of listed slots to a log, in place: top[clock mod n, s, j] = (ids[m, j], logProbs[m, j]) for
 * the slot s of each live entry m of the list; other entries stay. It runs before `commitTokens` advances the clock.
 *
 * ids [M, k] i32 (below 2²⁴, which float32 holds), logProbs [M, k], top [I, 2·P·k] f32, clock [1] i32, rows [M] i32
 * (distinct), offsets.
 */
export const commitTopOp = defineOp({
  name: "commitTop",
  family: "commit_tokens",
  inputs: {
    ids: "M k i32",
    logProbs: "M k",
    top: "I 2Pk",
    clock: "1 i32",
    rows: "M i32",
    offsets: "_+1 i32",
  },
  outputs: { top: "I 2Pk" },
  refuse: ({ I, k }) => (I === 0 || k === 0) && "the log has no lines or no columns",
});

/** Applies {@link commitTopOp}. */
export const commitTop: Apply<"ids" | "logProbs" | "top" | "clock" | "rows" | "offsets", "top"> = applying(commitTopOp);

/**
 * Advances the number of cached rows of every slot by those of a prompt: slots[s, column] += offsets[s+1] − offsets[s], in place.
 *
 * slots [P, 10+N] i32, offsets [P+1] i32.
 */
export const advanceLengthsOp = defineOp({
  name: "advanceLengths",
  family: "commit_tokens",
  inputs: { slots: "P 10+N i32", offsets: "P+1 i32" },
  outputs: { slots: "P 10+N i32" },
  params: { column: "size" },
  refuse: (_axes, { column }, { slots: { shape: [, columns] } }) =>
    column >= columns && `there is no column ${column} of ${columns}`,
});

/** Applies {@link advanceLengthsOp}. */
export function advanceLengths<T extends Tensor>(
  backend: Backend<T>,
  inputs: { slots: T; offsets: T },
  column: number,
): void {
  backend.run(advanceLengthsOp, inputs, { column });
}
