/**
 * Tokens that leave an engine, and what slots count.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { SLOT } from "./slots.ts";

/** What ends a sequence beside its limit. */
export interface RetireParams {
  /** Ids that end it. */
  readonly stops: readonly number[];
}

/**
 * Takes drawn tokens over into the slots and into the log, in place: the end of a token's way.
 *
 * The log's line is `clock` mod n; first log[line, s] = (−1, 0, 0, 0) for every slot. Then for the slot s of each live entry
 * m of the list, unless it is idle: log[line, s] = (drawn[m], depth, logProbs[m], z[s]). It ends, stage = idle, if drawn[m] ∈
 * stops or drawn[m] < 0, or at its limit: length + 2 ≥ limit. If not, length += 1 and depth = 0. Last, clock += 1 (mod 2³²).
 *
 * slots [S, 10+N] i32, log [n, 4·S] f32 (ids below 2²⁴ are exact), clock [1] i32, drawn [M] i32, logProbs [M, 1], z [S, 1],
 * rows [M] i32 (distinct), offsets.
 */
export const retireOp: Op<
  "slots" | "log" | "clock" | "drawn" | "logProbs" | "z" | "rows" | "offsets",
  "slots" | "log" | "clock",
  RetireParams
> = defineOp({
  name: "retire",
  family: "retire",
  inputs: ["slots", "log", "clock", "drawn", "logProbs", "z", "rows", "offsets"],
  outputs: ["slots", "log", "clock"],
  inPlace: { slots: "slots", log: "log", clock: "clock" },
  infer({ slots, log, clock, drawn, logProbs, z, rows, offsets }) {
    requireShape("retire", "slots", slots, [undefined, undefined], "i32");
    const [S, columns] = slots.shape;
    demand("retire", columns > SLOT.rows, () => `slots have ${columns} columns, expected ${SLOT.rows} + N`);
    requireShape("retire", "log", log, [undefined, 4 * S]);
    demand("retire", log.shape[0] > 0, () => "the log has no lines");
    requireShape("retire", "clock", clock, [1], "i32");
    requireShape("retire", "rows", rows, [undefined], "i32");
    requireOffsets("retire", offsets);
    const [M] = rows.shape;
    requireShape("retire", "drawn", drawn, [M], "i32");
    requireShape("retire", "logProbs", logProbs, [M, 1]);
    requireShape("retire", "z", z, [S, 1]);
    return { slots: spec(slots.shape, "i32"), log: spec(log.shape), clock: spec([1], "i32") };
  },
});

/** Applies {@link retireOp}. */
export function retire<T extends Tensor>(
  backend: Backend<T>,
  inputs: { slots: T; log: T; clock: T; drawn: T; logProbs: T; z: T; rows: T; offsets: T },
  params: RetireParams,
): void {
  backend.run(retireOp, inputs, params);
}

/**
 * Counts rows of a prompt as cached: slots[s, column] += offsets[s+1] − offsets[s], in place.
 *
 * slots [S, 10+N] i32, offsets [S+1] i32.
 */
export const growOp: Op<"slots" | "offsets", "slots", { readonly column: number }> = defineOp({
  name: "grow",
  family: "retire",
  inputs: ["slots", "offsets"],
  outputs: ["slots"],
  inPlace: { slots: "slots" },
  infer({ slots, offsets }, { column }: { readonly column: number }) {
    requireShape("grow", "slots", slots, [undefined, undefined], "i32");
    const [S, columns] = slots.shape;
    requireShape("grow", "offsets", offsets, [S + 1], "i32");
    demand("grow", column >= 0 && column < columns, () => `there is no column ${column} of ${columns}`);
    return { slots: spec(slots.shape, "i32") };
  },
});

/** Applies {@link growOp}. */
export function grow<T extends Tensor>(backend: Backend<T>, inputs: { slots: T; offsets: T }, column: number): void {
  backend.run(growOp, inputs, { column });
}
