/**
 * Rows in and out of a routed subset. Nothing is scattered: every output row looks for its entry in the ascending list.
 *
 * @module
 */
import { gatherOp, scatterAddOp, scatterRowsOp } from "../../src/ops/rows.ts";
import type { Adapter } from "../host/adapter.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";

/** Rows are moved four words at a time where their width allows. */
export function wordsOf(D: number): { vector: boolean; W: number } {
  return D % 4 === 0 ? { vector: true, W: D / 4 } : { vector: false, W: D };
}

/** Invocations that share a row: one search of the list for all of them. */
export function lanesOf({ family }: Adapter): number {
  return family === "cpu" ? 8 : 64;
}

/** y[s] = x[rows[s]]; one invocation a word (or four), which may be a float or an integer. */
export const gather = defineKernel(gatherOp, ({ inputs: { x, rows, offsets } }) => {
  const [S] = rows.shape;
  const { vector, W } = wordsOf(x.shape[1] ?? 1);
  const word = vector ? "vec4<u32>" : "u32";
  return [{
    label: "gather",
    constants: { W },
    sizes: rowSizes(S, offsets),
    elements: { x: word, y: word },
    workgroups: grid(Math.ceil(S * W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  let s = at / W;
  if (s >= liveRows()) { return; }
  y[at] = x[u32(rows[s]) * W + at % W];
}`,
  }];
});

/** WGSL: the entry of the live list that names row m, or the list's length; by bisection, or m itself without a list. */
function entryOf(rows: unknown): string {
  if (!rows) return /* wgsl */ `fn entryOf(m: u32, live: u32) -> u32 { return min(m, live); }`;
  return /* wgsl */ `
fn entryOf(m: u32, live: u32) -> u32 {
  var low = 0u;
  var high = live;
  while (low < high) {
    let middle = (low + high) / 2;
    if (u32(rows[middle]) < m) { low = middle + 1; } else { high = middle; }
  }
  if (low < live && u32(rows[low]) == m) { return low; }
  return live;
}`;
}

/** WGSL: one group a row of `out`; `chosen` and `other` are what the row's words become. */
export function scatterWgsl(
  rows: unknown,
  offsets: Parameters<typeof liveRows>[0],
  { chosen, other }: { chosen: string; other: string },
): string {
  return /* wgsl */ `
${liveRows(offsets)}
${entryOf(rows)}
fn run(m: u32, lane: u32) {
  if (m >= sizes.ROWS) { return; }
  let live = liveRows();
  let s = entryOf(m, live);
  if (s < live) {
    for (var w = lane; w < W; w += LANES) { out[m * W + w] = ${chosen}; }
  } else {
    for (var w = lane; w < W; w += LANES) { out[m * W + w] = ${other}; }
  }
}`;
}

/** out = x, but out[rows[s]] = y[s]; words are copied as they are. */
export const scatterRows = defineKernel(scatterRowsOp, ({ inputs: { x, y, rows, offsets }, adapter }) => {
  const [M, D] = x.shape;
  const { vector, W } = wordsOf(D);
  const word = vector ? "vec4<u32>" : "u32";
  return [{
    label: "scatterRows",
    constants: { W, LANES: lanesOf(adapter) },
    sizes: { ...rowSizes(y.shape[0], offsets), ROWS: M },
    elements: { x: word, y: word, out: word },
    workgroups: grid(W === 0 ? 0 : M),
    lanes: "LANES",
    wgsl: scatterWgsl(rows, offsets, { chosen: "y[s * W + w]", other: "x[m * W + w]" }),
  }];
});

/** out = x, but out[rows[s]] += gates[s]·y[s]. */
export const scatterAdd = defineKernel(scatterAddOp, ({ inputs: { x, y, rows, gates, offsets }, adapter }) => {
  const [M, D] = x.shape;
  const { vector, W } = wordsOf(D);
  const word = vector ? "vec4<f32>" : "f32";
  const term = gates ? "gates[s] * y[s * W + w]" : "y[s * W + w]";
  return [{
    label: "scatterAdd",
    constants: { W, LANES: lanesOf(adapter) },
    sizes: { ...rowSizes(y.shape[0], offsets), ROWS: M },
    elements: { x: word, y: word, out: word },
    workgroups: grid(W === 0 ? 0 : M),
    lanes: "LANES",
    wgsl: scatterWgsl(rows, offsets, { chosen: `x[m * W + w] + ${term}`, other: "x[m * W + w]" }),
  }];
});
