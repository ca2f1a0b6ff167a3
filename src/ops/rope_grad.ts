/**
 * Derivative of the rotary embedding: the rotation back.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import type { Heads } from "./rope.ts";

/**
 * dx [M, (H+2G)·K] from dq [M, H·K] and dkv [M, 2·G·K]: queries and keys rotated by the negative angle, values as they are.
 *
 * One of dq and dkv may be absent and counts as zero. positions [M] i32 below T, table [T, K]. Within a head, with a, b its
 * halves: back(a, b) = (a·cos + b·sin, b·cos − a·sin).
 */
export const ropeGradOp: Op<"dq?" | "dkv?" | "positions" | "table" | "offsets?", "dx", Heads> = defineOp({
  name: "ropeGrad",
  family: "rope_grad",
  inputs: ["dq?", "dkv?", "positions", "table", "offsets?"],
  outputs: ["dx"],
  infer({ dq, dkv, positions, table, offsets }, { H, G, K }: Heads) {
    requireShape("ropeGrad", "positions", positions, [undefined], "i32");
    const M = positions.shape[0];
    demand("ropeGrad", Boolean(dq || dkv), () => "neither dq nor dkv is given");
    if (dq) requireShape("ropeGrad", "dq", dq, [M, H * K]);
    if (dkv) requireShape("ropeGrad", "dkv", dkv, [M, 2 * G * K]);
    requireShape("ropeGrad", "table", table, [undefined, K]);
    demand("ropeGrad", K % 2 === 0, () => `head width ${K} is odd`);
    requireOffsets("ropeGrad", offsets);
    return { dx: spec([M, (H + 2 * G) * K]) };
  },
});

/** Applies {@link ropeGradOp}: dq [M, H·K], dkv [M, 2·G·K] → [M, (H+2G)·K]. */
export function ropeGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { dq?: T; dkv?: T; positions: T; table: T; offsets?: T },
  { H, G, K }: Heads,
): T {
  return backend.run(ropeGradOp, inputs, { H, G, K }).dx;
}
