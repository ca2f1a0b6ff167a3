/**
 * Ranges of visible keys.
 *
 * @module
 */
import { keyRangesOp } from "../../../src/ops/attention.ts";
import { grid, sequenceOf } from "../../host/grid.ts";
import { defineKernel } from "../../host/kernel.ts";

/** Windows beyond this see everything; sums with row numbers stay inside i32. */
const WIDEST = 2 ** 30;

/** One invocation a row, which finds its sequence by bisection; rows that are not live see nothing. */
export const keyRanges = defineKernel(keyRangesOp, ({ inputs: { offsets, rows, queryOffsets }, params }) => {
  const { M, causal, window } = params;
  const reach = window > 0 ? Math.min(window, WIDEST) : WIDEST;
  const all = queryOffsets ? "u32(queryOffsets[sizes.Q])" : rows ? "sizes.M" : "u32(offsets[sizes.B])";
  return [{
    label: "keyRanges",
    constants: { REACH: reach, AHEAD: causal ? 0 : reach },
    sizes: { M, B: offsets.shape[0] - 1, Q: (queryOffsets?.shape[0] ?? 1) - 1 },
    workgroups: grid(Math.ceil(M / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${sequenceOf}
fn run(group: u32, lane: u32) {
  let m = group * 64 + lane;
  if (m >= sizes.M) { return; }
  if (m >= ${all} || sizes.B == 0) {
    ranges[2 * m] = 0;
    ranges[2 * m + 1] = 0;
    return;
  }
  let i = ${rows ? "rows[m]" : "i32(m)"};
  let b = sequenceOf(u32(i));
  ranges[2 * m] = max(offsets[b], i - i32(REACH));
  ranges[2 * m + 1] = min(offsets[b + 1], i + i32(AHEAD) + 1);
}`,
  }];
});
