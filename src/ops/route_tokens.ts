/**
 * Routing at mixed depths: which tokens of an engine run one more recursion, and which leave the block.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";
import type { Backend, Tensor } from "../op/op.ts";
import type { Selection } from "./select.ts";
import type { KvLayout } from "./slots.ts";

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
 * slots [P, 10+N] i32, z [P, 1] f32, rows [M] i32 (distinct), offsets, clock [1] i32; scores, auxiliary [M, N] f32, experts
 * [M, 1] i32, weights [M, 1] f32.
 */
export const routeTokensOp = defineOp({
  name: "routeTokens",
  family: "route_tokens",
  inputs: {
    slots: "P 10+N i32",
    z: "P 1",
    rows: "M i32",
    offsets: "_+1 i32",
    clock: "1 i32",
    "scores?": "M N",
    "auxiliary?": "M N",
    "experts?": "M 1 i32",
    "weights?": "M 1",
  },
  outputs: { slots: "P 10+N i32", z: "P 1" },
  params: { layout: { pages: "size", pageRows: "size", recursionRows: "sizes", share: "boolean" }, ran: "boolean" },
  axes: ({ layout }) => ({ N: layout.recursionRows.length }),
  refuse(_axes, _params, { scores, auxiliary, experts, weights }) {
    if (Boolean(experts) !== Boolean(weights)) return "experts and weights belong together";
    if (scores && experts) return "scores and experts exclude each other";
    return auxiliary && !scores && "auxiliary scores need scores";
  },
});

/** Applies {@link routeTokensOp}. */
export const routeTokens: Apply<
  "slots" | "z" | "rows" | "offsets" | "clock" | "scores?" | "auxiliary?" | "experts?" | "weights?",
  "slots" | "z",
  RouteTokensParams
> = applying(routeTokensOp);

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
 * slots [P, 10+N] i32; rows [M] i32 lists those of slot s from offsets[s] to offsets[s+1] − 1 → fitting [M] i32, kept [P+1].
 */
export const fitCapacityOp = defineOp({
  name: "fitCapacity",
  family: "route_tokens",
  inputs: { slots: "P 10+N i32", rows: "M i32", offsets: "P+1 i32" },
  outputs: { fitting: "M i32", kept: "P+1 i32" },
  params: { layout: { pages: "size", pageRows: "size", recursionRows: "sizes", share: "boolean" }, recursion: "size" },
  axes: ({ layout }) => ({ N: layout.recursionRows.length }),
  refuse: ({ N }, { recursion }) => recursion >= N && `there is no recursion ${recursion} of ${N}`,
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
