/**
 * Routing at mixed depths: which tokens of an engine run one more recursion, and which leave the block.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireShape, spec, type Tensor } from "../op/op.ts";
import type { Selection } from "./select.ts";
import { type KvLayout, requireList, requireSlots } from "./slots.ts";

/** Parameters of {@link routeTokens}. */
export interface RouteTokensParams {
  /** Layout of the KV caches; it has N recursions. */
  readonly layout: KvLayout;
  /** Whether the rows have just run a recursion; otherwise they are new tokens. */
  readonly ran: boolean;
}

/**
 * Routes tokens into their next recursion, or out of the block, in place (docs/mor.md, "Causal threshold" and
 * "Token-choice").
 *
 * For the slot s of each live entry m of the list, unless it is idle. If it `ran` recursion r = depth: rows_r += 1 (where
 * keys are shared only rows_0), depth = r + 1; else depth = 0 and chosen = experts[m] + 1 (N without `experts`). Then, with
 * r = depth, it runs recursion r if r = 0, or if r < min(N, cap, chosen), and decisions[m, r] ≥ 0 (`auxiliary`, else `scores`, where
 * given), and recursion r has room: rows_r < pages·recursionRows_r (or keys are shared). If so: stage = block, and
 * z[s] = scores[m, r] where there are scores; z[s] = weights[m] where there are weights and it did not run. If not: stage =
 * left. `since` = clock if the stage is another one than before or it did not run.
 *
 * slots [S, 10+N] i32, z [S, 1] f32, rows [M] i32 (distinct), offsets, clock [1] i32; scores, auxiliary [M, N] f32, experts
 * [M, 1] i32, weights [M, 1] f32.
 */
export const routeTokensOp: Op<
  "slots" | "z" | "rows" | "offsets" | "clock" | "scores?" | "auxiliary?" | "experts?" | "weights?",
  "slots" | "z",
  RouteTokensParams
> = defineOp({
  name: "routeTokens",
  family: "route_tokens",
  inputs: ["slots", "z", "rows", "offsets", "clock", "scores?", "auxiliary?", "experts?", "weights?"],
  outputs: ["slots", "z"],
  inPlace: { slots: "slots", z: "z" },
  infer({ slots, z, rows, offsets, clock, scores, auxiliary, experts, weights }, { layout }: RouteTokensParams) {
    const N = layout.recursionRows.length, S = requireSlots("routeTokens", slots, N);
    const M = requireList("routeTokens", rows, offsets);
    requireShape("routeTokens", "z", z, [S, 1]);
    requireShape("routeTokens", "clock", clock, [1], "i32");
    for (const [name, tensor] of Object.entries({ scores, auxiliary })) {
      if (tensor) requireShape("routeTokens", name, tensor, [M, N]);
    }
    demand("routeTokens", Boolean(experts) === Boolean(weights), () => "experts and weights belong together");
    demand("routeTokens", !(scores && experts), () => "scores and experts exclude each other");
    demand("routeTokens", !auxiliary || Boolean(scores), () => "auxiliary scores need scores");
    if (experts) requireShape("routeTokens", "experts", experts, [M, 1], "i32");
    if (weights) requireShape("routeTokens", "weights", weights, [M, 1]);
    return { slots: spec(slots.shape, "i32"), z: spec(z.shape) };
  },
});

/** Applies {@link routeTokensOp}. */
export function routeTokens<T extends Tensor>(
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
  params: RouteTokensParams,
): void {
  backend.run(routeTokensOp, inputs, params);
}

/** Parameters of {@link fitCapacity}. */
export interface FitCapacityParams {
  /** Layout of the KV caches. */
  readonly layout: KvLayout;
  /** The recursion, from 0. */
  readonly recursion: number;
}

/**
 * The first rows of every slot for which a recursion's caches have room: pages·recursionRows_r − rows_r of them, as in {@link routeTokensOp}.
 *
 * slots [S, 10+N] i32; rows [M] i32 lists those of slot s from offsets[s] to offsets[s+1] − 1 → fitting [M] i32, kept [S+1].
 */
export const fitCapacityOp: Op<"slots" | "rows" | "offsets", "fitting" | "kept", FitCapacityParams> = defineOp({
  name: "fitCapacity",
  family: "route_tokens",
  inputs: ["slots", "rows", "offsets"],
  outputs: ["fitting", "kept"],
  infer({ slots, rows, offsets }, { layout, recursion }: FitCapacityParams) {
    const N = layout.recursionRows.length, S = requireSlots("fitCapacity", slots, N);
    requireShape("fitCapacity", "rows", rows, [undefined], "i32");
    requireShape("fitCapacity", "offsets", offsets, [S + 1], "i32");
    demand("fitCapacity", recursion >= 0 && recursion < N, () => `there is no recursion ${recursion} of ${N}`);
    return { fitting: spec(rows.shape, "i32"), kept: spec([S + 1], "i32") };
  },
});

/** Applies {@link fitCapacityOp}: rows [M] → the first of each slot. */
export function fitCapacity<T extends Tensor>(
  backend: Backend<T>,
  inputs: { slots: T; rows: T; offsets: T },
  params: FitCapacityParams,
): Selection<T> {
  const { fitting, kept } = backend.run(fitCapacityOp, inputs, params);
  return { rows: fitting, kept };
}
