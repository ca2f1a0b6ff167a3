/**
 * Sums of exponentials over a row, relative to its greatest element, so that nothing overflows.
 *
 * @module
 */
import { liveRows } from "../host/grid.ts";
import { maxLanes, sumLanes } from "./reduce.ts";

/**
 * WGSL: `run` of one work group a row of `x`, whose columns come as W words; `store`, which
 * every lane runs, sees `m`, `row`, `top` and `sum` = Σ e^(x − top). After the first time the row comes from a cache.
 */
export function overExponentials(
  { x, lanes, vector, skip, offsets, store }: {
    x: string;
    lanes: number;
    vector: boolean;
    skip: string;
    offsets: Parameters<typeof liveRows>[0];
    store: string;
  },
): string {
  const word = vector ? "vec4<f32>" : "f32";
  return /* wgsl */ `
${liveRows(offsets)}
${maxLanes(lanes)}
${sumLanes(lanes)}
fn run(m: u32, lane: u32) {
  if (m >= liveRows()) { return; }
  ${skip}
  let row = m * W;
  var most = ${x}[row + min(lane, W - 1)];
  for (var w = lane + LANES; w < W; w += LANES) { most = max(most, ${x}[row + w]); }
  let top = maxLanes(lane, ${vector ? "max(max(most.x, most.y), max(most.z, most.w))" : "most"});
  var terms = ${word}();
  for (var w = lane; w < W; w += LANES) { terms += exp(max(${x}[row + w] - top, ${word}(-87.2))); }
  let sum = sumLanes(lane, ${vector ? "dot(terms, vec4<f32>(1.0))" : "terms"});
  ${store}
}`;
}

/** WGSL: the same for rows of few columns E, one invocation a row. */
export function fewExponentials(
  { x, offsets, store }: { x: string; offsets: Parameters<typeof liveRows>[0]; store: string },
): string {
  return /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let m = group * 64 + lane;
  if (m >= liveRows()) { return; }
  var top = ${x}[m * E];
  for (var e = 1u; e < E; e++) { top = max(top, ${x}[m * E + e]); }
  var sum = 0.0;
  for (var e = 0u; e < E; e++) { sum += exp(max(${x}[m * E + e] - top, -87.2)); }
  ${store}
}`;
}
