/**
 * State between steps of decoding: one invocation a sequence.
 *
 * @module
 */
import { countOp, deepenOp, settleOp } from "../../src/ops/state.ts";
import { grid } from "../host/grid.ts";
import { defineKernel, type Dispatch } from "../host/kernel.ts";

const LANES = 64;

/** A dispatch that runs WGSL statements for each sequence, or slot, b of B. */
export function each(label: string, B: number, statements: string, sizes: Record<string, number> = {}): Dispatch[] {
  return [{
    label,
    sizes: { B, ...sizes },
    workgroups: grid(Math.ceil(B / LANES)),
    lanes: LANES,
    wgsl: /* wgsl */ `
fn run(group: u32, lane: u32) {
  let b = group * ${LANES} + lane;
  if (b >= sizes.B) { return; }
  ${statements}
}`,
  }];
}

/** lengths[b] = grown[b], or 0 where leading[b] = 0. */
export const settle = defineKernel(settleOp, ({ inputs: { lengths, leading } }) => {
  const value = leading ? "select(grown[b], 0, leading[b] == 0)" : "grown[b]";
  return each("settle", lengths.shape[0], `lengths[b] = ${value};`);
});

/** deeper[b] = depth[b] + [the last row of b is s, the last that was kept of it], latest[b] = scores[s] then. */
export const deepen = defineKernel(deepenOp, ({ inputs: { depth, scores }, outputs: { deeper } }) =>
  each(
    "deepen",
    deeper.shape[0],
    /* wgsl */ `
  let end = kept[b + 1];
  let s = max(end, 1) - 1;
  let ran = end > kept[b] && rows[s] == offsets[b + 1] - 1;
  deeper[b] = ${depth ? "depth[b]" : "1.0"} + select(0.0, 1.0, ran);
  latest[b] = ${scores ? "select(score[b], scores[s], ran)" : "score[b]"};`,
  ));

/** seen[rows[b], ids[b]] += 1 for the live b with a token. */
export const count = defineKernel(countOp, ({ inputs: { seen, ids, rows, offsets } }) => {
  const live = offsets ? "if (i32(b) >= offsets[sizes.LAST]) { return; }" : "";
  const row = rows ? "u32(rows[b])" : "b";
  const statements = `${live}\n  if (ids[b] < 0) { return; }\n  seen[${row} * sizes.V + u32(ids[b])] += 1;`;
  return each("count", ids.shape[0], statements, { V: seen.shape[1], ...(offsets && { LAST: offsets.shape[0] - 1 }) });
});
