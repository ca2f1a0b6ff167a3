/**
 * Drawn tokens enter the table of slots and the log; lengths of KV caches advance.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { SLOT } from "./slots.ts";

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
 * slots [S, 10+N] i32, log [n, 4·S] f32 (ids below 2²⁴ are exact), clock [1] i32, drawn [M] i32, logProbs [M, 1], z [S, 1],
 * rows [M] i32 (distinct), offsets.
 */
export const commitTokensOp: Op<
  "slots" | "log" | "clock" | "drawn" | "logProbs" | "z" | "rows" | "offsets",
  "slots" | "log" | "clock",
  CommitTokensParams
> = defineOp({
  name: "commitTokens",
  family: "commit_tokens",
  inputs: ["slots", "log", "clock", "drawn", "logProbs", "z", "rows", "offsets"],
  outputs: ["slots", "log", "clock"],
  inPlace: { slots: "slots", log: "log", clock: "clock" },
  infer({ slots, log, clock, drawn, logProbs, z, rows, offsets }) {
    requireShape("commitTokens", "slots", slots, [undefined, undefined], "i32");
    const [S, columns] = slots.shape;
    demand("commitTokens", columns > SLOT.rows, () => `slots have ${columns} columns, expected ${SLOT.rows} + N`);
    requireShape("commitTokens", "log", log, [undefined, 4 * S]);
    demand("commitTokens", log.shape[0] > 0, () => "the log has no lines");
    requireShape("commitTokens", "clock", clock, [1], "i32");
    requireShape("commitTokens", "rows", rows, [undefined], "i32");
    requireOffsets("commitTokens", offsets);
    const [M] = rows.shape;
    requireShape("commitTokens", "drawn", drawn, [M], "i32");
    requireShape("commitTokens", "logProbs", logProbs, [M, 1]);
    requireShape("commitTokens", "z", z, [S, 1]);
    return { slots: spec(slots.shape, "i32"), log: spec(log.shape), clock: spec([1], "i32") };
  },
});

/** Applies {@link commitTokensOp}. */
export function commitTokens<T extends Tensor>(
  backend: Backend<T>,
  inputs: { slots: T; log: T; clock: T; drawn: T; logProbs: T; z: T; rows: T; offsets: T },
  params: CommitTokensParams,
): void {
  backend.run(commitTokensOp, inputs, params);
}

/**
 * Advances the number of cached rows of every slot by those of a prompt: slots[s, column] += offsets[s+1] − offsets[s], in place.
 *
 * slots [S, 10+N] i32, offsets [S+1] i32.
 */
export const advanceLengthsOp: Op<"slots" | "offsets", "slots", { readonly column: number }> = defineOp({
  name: "advanceLengths",
  family: "commit_tokens",
  inputs: ["slots", "offsets"],
  outputs: ["slots"],
  inPlace: { slots: "slots" },
  infer({ slots, offsets }, { column }: { readonly column: number }) {
    requireShape("advanceLengths", "slots", slots, [undefined, undefined], "i32");
    const [S, columns] = slots.shape;
    requireShape("advanceLengths", "offsets", offsets, [S + 1], "i32");
    demand("advanceLengths", column >= 0 && column < columns, () => `there is no column ${column} of ${columns}`);
    return { slots: spec(slots.shape, "i32") };
  },
});

/** Applies {@link advanceLengthsOp}. */
export function advanceLengths<T extends Tensor>(
  backend: Backend<T>,
  inputs: { slots: T; offsets: T },
  column: number,
): void {
  backend.run(advanceLengthsOp, inputs, { column });
}
