/**
 * Who goes deeper: routing of the tokens that stand before a recursion.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireShape, spec, type Tensor } from "../op/op.ts";
import type { Selection } from "./select.ts";
import { type CacheLayout, requireList, requireSlots } from "./slots.ts";

/** What `judge` decides about. */
export interface JudgeParams {
  /** How caches are cut; there are as many recursions, N, as it has. */
  readonly layout: CacheLayout;
  /** Whether the rows have just run a recursion; otherwise they come new to the first. */
  readonly ran: boolean;
}

/**
 * Sends tokens on: into their next recursion, or out of the block (docs/mor.md, "Causal threshold" and "Token-choice"), in place.
 *
 * For the slot s of each live entry m of the list, unless it is idle. If it `ran` recursion r = depth: rows_r += 1 (where
 * keys are shared only rows_0), depth = r + 1; else depth = 0 and chosen = experts[m] + 1 (N without `experts`). Then, with
 * r = depth, it goes on if r = 0, or if r < min(N, cap, chosen), and decisions[m, r] ≥ 0 (`auxiliary`, else `scores`, where
 * given), and recursion r has room: rows_r < units·units_r (or keys are shared). If it goes on: stage = block, and
 * z[s] = scores[m, r] where there are scores; z[s] = weights[m] where there are weights and it did not run. If not: stage =
 * left. `since` = clock if the stage is another one than before or it did not run.
 *
 * slots [S, 10+N] i32, z [S, 1] f32, rows [M] i32 (distinct), offsets, clock [1] i32; scores, auxiliary [M, N] f32, experts
 * [M, 1] i32, weights [M, 1] f32.
 */
export const judgeOp: Op<
  "slots" | "z" | "rows" | "offsets" | "clock" | "scores?" | "auxiliary?" | "experts?" | "weights?",
  "slots" | "z",
  JudgeParams
> = defineOp({
  name: "judge",
  family: "judge",
  inputs: ["slots", "z", "rows", "offsets", "clock", "scores?", "auxiliary?", "experts?", "weights?"],
  outputs: ["slots", "z"],
  inPlace: { slots: "slots", z: "z" },
  infer({ slots, z, rows, offsets, clock, scores, auxiliary, experts, weights }, { layout }: JudgeParams) {
    const N = layout.units.length, S = requireSlots("judge", slots, N);
    const M = requireList("judge", rows, offsets);
    requireShape("judge", "z", z, [S, 1]);
    requireShape("judge", "clock", clock, [1], "i32");
    for (const [name, tensor] of Object.entries({ scores, auxiliary })) {
      if (tensor) requireShape("judge", name, tensor, [M, N]);
    }
    demand("judge", Boolean(experts) === Boolean(weights), () => "experts and weights belong together");
    demand("judge", !(scores && experts), () => "scores and experts exclude each other");
    demand("judge", !auxiliary || Boolean(scores), () => "auxiliary scores need scores");
    if (experts) requireShape("judge", "experts", experts, [M, 1], "i32");
    if (weights) requireShape("judge", "weights", weights, [M, 1]);
    return { slots: spec(slots.shape, "i32"), z: spec(z.shape) };
  },
});

/** Applies {@link judgeOp}. */
export function judge<T extends Tensor>(
  backend: Backend<T>,
  inputs: {
    slots: T;
    z: T;
    rows: T;
    offsets: T;
    clock: T;
    scores?: T;
    auxiliary?: T;
    experts?: T;
    weights?: T;
  },
  params: JudgeParams,
): void {
  backend.run(judgeOp, inputs, params);
}

/** What rows have to fit into. */
export interface FitParams {
  /** How caches are cut. */
  readonly layout: CacheLayout;
  /** The recursion, from 0. */
  readonly recursion: number;
}

/**
 * The first rows of every slot for which a recursion's caches have room: units·units_r − rows_r of them, as in {@link judgeOp}.
 *
 * slots [S, 10+N] i32; rows [M] i32 lists those of slot s from offsets[s] to offsets[s+1] − 1 → fitting [M] i32, kept [S+1].
 */
export const fitOp: Op<"slots" | "rows" | "offsets", "fitting" | "kept", FitParams> = defineOp({
  name: "fit",
  family: "judge",
  inputs: ["slots", "rows", "offsets"],
  outputs: ["fitting", "kept"],
  infer({ slots, rows, offsets }, { layout, recursion }: FitParams) {
    const N = layout.units.length, S = requireSlots("fit", slots, N);
    requireShape("fit", "rows", rows, [undefined], "i32");
    requireShape("fit", "offsets", offsets, [S + 1], "i32");
    demand("fit", recursion >= 0 && recursion < N, () => `there is no recursion ${recursion} of ${N}`);
    return { fitting: spec(rows.shape, "i32"), kept: spec([S + 1], "i32") };
  },
});

/** Applies {@link fitOp}: rows [M] → the first of each slot. */
export function fit<T extends Tensor>(
  backend: Backend<T>,
  inputs: { slots: T; rows: T; offsets: T },
  params: FitParams,
): Selection<T> {
  const { fitting, kept } = backend.run(fitOp, inputs, params);
  return { rows: fitting, kept };
}
