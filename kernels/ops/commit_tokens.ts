/**
 * Sampled tokens of an engine's slots, and the lengths of slots.
 *
 * @module
 */
import { advanceLengthsOp, commitTokensOp, commitTopOp } from "../../src/ops/commit_tokens.ts";
import { SLOT, STAGE } from "../../src/ops/slots.ts";
import { liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";

const LANES = 64;

/** One work group: the entries of all slots are cleared first, and the clock is incremented after all have read it. */
export const commitTokens = defineKernel(
  commitTokensOp,
  ({ inputs: { slots, log, rows, offsets }, params: { stops } }) => {
    const [S, columns] = slots.shape;
    const ends = stops.map((stop) => `token == ${stop}`)
      .concat("token < 0", `slots[at + ${SLOT.length}] + 2 >= slots[at + ${SLOT.limit}]`).join(" || ");
    return [{
      label: "commitTokens",
      constants: { COLUMNS: columns },
      sizes: { ...rowSizes(rows.shape[0], offsets), S, n: log.shape[0] },
      elements: { log: "vec4<f32>" },
      workgroups: [1, 1, 1],
      lanes: LANES,
      wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let line = (u32(clock[0]) % sizes.n) * sizes.S;
  for (var s = lane; s < sizes.S; s += ${LANES}) { log[line + s] = vec4(-1.0, 0.0, 0.0, 0.0); }
  storageBarrier();
  if (lane == 0) { clock[0] += 1; }
  let live = liveRows();
  for (var m = lane; m < live; m += ${LANES}) {
    let s = u32(rows[m]);
    let at = s * COLUMNS;
    if (slots[at + ${SLOT.stage}] == ${STAGE.idle}) { continue; }
    let token = drawn[m];
    log[line + s] = vec4(f32(token), f32(slots[at + ${SLOT.depth}]), logProbs[m], z[s]);
    if (${ends}) {
      slots[at + ${SLOT.stage}] = ${STAGE.idle};
    } else {
      slots[at + ${SLOT.length}] += 1;
      slots[at + ${SLOT.depth}] = 0;
    }
  }
}`,
    }];
  },
);

/** One invocation for each of the k tokens of a listed slot. */
export const commitTop = defineKernel(commitTopOp, ({ inputs: { ids: { shape: [M, k] }, top, offsets } }) => [perWord({
  label: "commitTop",
  ...{ rows: M, offsets, each: k },
  sizes: { n: top.shape[0], S: top.shape[1] / (2 * k) },
  elements: { top: "vec2<f32>" },
  statements: /* wgsl */ `
  let line = (u32(clock[0]) % sizes.n) * sizes.S;
  top[(line + u32(rows[m])) * EACH + w] = vec2<f32>(f32(ids[at]), logProbs[at]);`,
})]);

/** slots[s, column] += offsets[s+1] − offsets[s]. */
export const advanceLengths = defineKernel(
  advanceLengthsOp,
  ({ inputs: { slots: { shape: [S, COLUMNS] } }, params: { column } }) => [perWord({
    label: "advanceLengths",
    ...{ rows: S, offsets: undefined },
    sizes: { COLUMNS, COLUMN: column },
    statements: "slots[m * sizes.COLUMNS + sizes.COLUMN] += offsets[m + 1] - offsets[m];",
  })],
);
