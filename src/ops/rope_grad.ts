/**
 * Derivative of the rotary embedding: the rotation back.
 *
 * @module
 */
import { applying, defineOp } from "../op/define.ts";

/**
 * dx [M, (H+2G)·K] from dq [M, H·K] and dkv [M, 2·G·K]: queries and keys rotated by the negative angle, values as they are.
 *
 * One of dq and dkv may be absent and counts as zero. positions [M] i32 below T, table [T, K]. Within a head, with a, b its
 * halves: back(a, b) = (a·cos + b·sin, b·cos − a·sin).
 */
export const ropeGradOp = defineOp({
  name: "ropeGrad",
  family: "rope_grad",
  inputs: { "dq?": "M HK", "dkv?": "M 2GK", positions: "M i32", table: "T K", "offsets?": "B+1 i32" },
  outputs: { dx: "M HK+2GK" },
  params: { H: "size", G: "size", K: "size" },
  refuse: ({ K }, _, { dq, dkv }) =>
    K % 2 !== 0 ? `head width ${K} is odd` : !dq && !dkv && "neither dq nor dkv is given",
});

/** Applies {@link ropeGradOp}: dq [M, H·K], dkv [M, 2·G·K] → [M, (H+2G)·K]. */
export const ropeGrad = applying(ropeGradOp);
