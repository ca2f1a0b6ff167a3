/**
 * Routing between recursions: one invocation an entry of the list.
 *
 * @module
 */
import { fitCapacityOp, routeTokensOp, type RouteTokensParams } from "../../src/ops/route_tokens.ts";
import { SLOT, STAGE } from "../../src/ops/slots.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";

const LANES = 64;

/** WGSL: r, the next recursion of slot `at`, after the one that ran is counted; 0 for a new token. */
function arrive({ layout, ran }: RouteTokensParams, experts: unknown): string {
  if (!ran) {
    return /* wgsl */ `
  let r = 0;
  slots[at + ${SLOT.depth}] = 0;
  slots[at + ${SLOT.chosen}] = ${experts ? "experts[m] + 1" : "N"};`;
  }
  return /* wgsl */ `
  let ended = slots[at + ${SLOT.depth}];
  if (ended < ${layout.share ? "1" : "N"}) { slots[at + ${SLOT.rows} + u32(ended)] += 1; }
  let r = ended + 1;
  slots[at + ${SLOT.depth}] = r;`;
}

/** A token continues if it is new, or if its cap, its score and the capacity of the cache allow it. */
export const routeTokens = defineKernel(routeTokensOp, ({ inputs, params }) => {
  const { rows, offsets, scores, auxiliary, experts, weights } = inputs;
  const { layout: { recursionRows, share }, ran } = params;
  const N = recursionRows.length;
  const decisions = auxiliary ? "auxiliary" : "scores";
  const wants = scores ? `${decisions}[m * ${N} + u32(r)] >= 0.0` : "true";
  const fits = share ? "true" : `slots[at + ${SLOT.rows} + u32(r)] < slots[at + ${SLOT.pages}] * pageRows[r]`;
  const copies = [
    ...(scores ? [`z[s] = scores[m * ${N} + u32(r)];`] : []),
    ...(weights && !ran ? ["z[s] = weights[m];"] : []),
  ];
  return [{
    label: ran ? "routeTokens.ran" : "routeTokens.new",
    sizes: rowSizes(rows.shape[0], offsets),
    workgroups: grid(Math.ceil(rows.shape[0] / LANES)),
    lanes: LANES,
    wgsl: /* wgsl */ `
const N = ${N};
${liveRows(offsets)}
fn goesOn(m: u32, at: u32, r: i32) -> bool {
  if (r == 0) { return true; }
  if (r >= min(N, min(slots[at + ${SLOT.cap}], slots[at + ${SLOT.chosen}]))) { return false; }
  var pageRows = array<i32, N>(${recursionRows});
  return ${wants} && ${fits};
}
fn run(group: u32, lane: u32) {
  let m = group * ${LANES} + lane;
  if (m >= liveRows()) { return; }
  let s = u32(rows[m]);
  let at = s * ${SLOT.rows + N};
  let before = slots[at + ${SLOT.stage}];
  if (before == ${STAGE.idle}) { return; }
  ${arrive(params, experts)}
  var stage = ${STAGE.left};
  if (goesOn(m, at, r)) {
    stage = ${STAGE.block};
    ${copies.join("\n    ")}
  }
  slots[at + ${SLOT.stage}] = stage;
  ${ran ? "if (stage != before) " : ""}{ slots[at + ${SLOT.since}] = clock[0]; }
}`,
  }];
});

/** One invocation a slot, which counts the rows that fit in all slots before it, and one for the end of the list. */
export const fitCapacity = defineKernel(
  fitCapacityOp,
  ({ inputs: { slots: { shape: [S, COLUMNS] } }, params: { layout, recursion } }) => [perWord({
    label: "fitCapacity",
    ...{ rows: S + 1, offsets: undefined },
    sizes: { COLUMNS },
    statements: /* wgsl */ `
  var first = 0;
  var fits = 0;
  for (var s = 0u; s <= min(m, sizes.M - 2); s++) {
    first += fits;
    let room = slots[s * sizes.COLUMNS + ${SLOT.pages}] * ${layout.recursionRows[recursion]};
    fits = clamp(offsets[s + 1] - offsets[s], 0, max(0, room - slots[s * sizes.COLUMNS + ${SLOT.rows + recursion}]));
  }
  let end = m + 1 == sizes.M;
  kept[m] = first + select(0, fits, end);
  if (end) { return; }
  for (var i = 0; i < fits; i++) { fitting[first + i] = rows[offsets[m] + i]; }`,
  })],
);
