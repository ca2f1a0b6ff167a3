/**
 * Derivatives of norms: a work group a row for x, a work group some columns for the weight.
 *
 * @module
 */
import { normGradOp, normGradWeightOp } from "../../src/ops/norm_grad.ts";
import type { NormParams } from "../../src/ops/norm.ts";
import type { Adapter } from "../host/adapter.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { type NormedRow, rowScale } from "../wgsl/norm_scale.ts";
import { rowLanes, sumLanes, sumSegments } from "../wgsl/reduce.ts";
import { wordsOf } from "./rows.ts";

/** WGSL: the sum of a word's floats. */
const total = (vector: boolean, word: string) => vector ? `dot(${word}, vec4<f32>(1.0))` : word;

/** dx = s·(g − mean(g) − x̂·mean(g ⊙ x̂)); the row is read three times, twice from a cache. */
export const normGrad = defineKernel(normGradOp, ({ inputs: { x, offsets }, params: { kind, eps }, adapter }) => {
  const [M, D] = x.shape;
  const { vector, W } = wordsOf(D);
  const lanes = rowLanes(adapter, W);
  const word = vector ? "vec4<f32>" : "f32";
  const layer = kind === "layer";
  const mean = /* wgsl */ `
  for (var w = lane; w < W; w += LANES) { squares += x[row + w]; }
  let mean = sumLanes(lane, ${total(vector, "squares")}) / f32(D);
  squares = ${word}();`;
  const shift = `let shift = sumLanes(lane, ${total(vector, "sums")}) / f32(D);`;
  const centered = layer ? "(x[row + w] - mean)" : "x[row + w]";
  return [{
    label: `normGrad.${kind}`,
    constants: { D, W, LANES: lanes },
    floats: { EPS: eps },
    sizes: rowSizes(M, offsets),
    elements: { x: word, weight: word, dy: word, dx: word },
    workgroups: grid(D === 0 ? 0 : M),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${sumLanes(lanes)}
${rowScale(word, layer)}
fn run(m: u32, lane: u32) {
  if (m >= liveRows()) { return; }
  let row = m * W;
  var squares = ${word}();
  var sums = ${word}();
  var products = ${word}();
  ${layer ? mean : ""}
  for (var w = lane; w < W; w += LANES) {
    let c = ${centered};
    let g = dy[row + w] * weight[w];
    squares += c * c;
    ${layer ? "sums += g;" : ""}
    products += g * c;
  }
  let factors = scaleOf(sumLanes(lane, ${total(vector, "squares")}), row, ${layer ? "mean" : "0.0"});
  let scale = factors.x * factors.y;
  let slope = scale * (sumLanes(lane, ${total(vector, "products")}) / f32(D));
  ${layer ? shift : ""}
  for (var w = lane; w < W; w += LANES) {
    let g = dy[row + w] * weight[w];
    dx[row + w] = scale * (g ${layer ? "- shift" : ""} - (${centered} * scale) * slope);
  }
}`,
  }];
});

/** lavapipe ends loops after 65,535 rounds of an invocation, all loops together. */
const MOST_ROUNDS = 60000;

/** How a work group divides rows and columns. */
function shareOf({ family }: Adapter, W: number) {
  const lanes = family === "cpu" ? 64 : 256;
  const perRow = family === "cpu" ? 1 : 8; // lanes that share a row's mean and scale: those of a GPU read side by side
  const columns = Math.min(family === "cpu" ? 64 : 16, 2 ** Math.ceil(Math.log2(Math.max(1, W))));
  const tile = lanes / perRow;
  const rounds = 2 * Math.ceil(W / perRow) + Math.ceil(tile * columns / lanes) + 16; // of a tile, sums over lanes included
  return { lanes, perRow, columns, tile, rows: tile * Math.max(1, Math.floor(MOST_ROUNDS / rounds)) };
}

/**
 * dweight = Σ dy ⊙ x̂. A work group takes some columns of all rows, tile by tile: means and scales of a tile's rows, which
 * every group computes anew, then products, which lanes of equal columns sum over different rows. Few groups, so that
 * little is computed twice. As many dispatches as the rounds of a loop demand, each adding to what the last one wrote.
 */
export const normGradWeight = defineKernel(normGradWeightOp, ({ inputs: { x, offsets }, params, adapter }) => {
  const [M, D] = x.shape;
  const { vector, W } = wordsOf(D);
  const { lanes, perRow, columns, tile, rows } = shareOf(adapter, W);
  const word = vector ? "vec4<f32>" : "f32";
  return Array.from({ length: Math.max(1, Math.ceil(M / rows)) }, (_, pass) => ({
    label: `normGradWeight.${params.kind}`,
    constants: { D, W, LANES: lanes, PER_ROW: perRow, COLUMNS: columns, TILE: tile },
    floats: { EPS: params.eps },
    sizes: { ...rowSizes(M, offsets), START: pass * rows, END: pass * rows + rows },
    elements: { x: word, dy: word, dweight: word },
    workgroups: grid(Math.ceil(W / columns)),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${sumSegments(lanes, perRow)}
${tileMoments(params, { vector, word, tile })}
var<workgroup> parts: array<${word}, ${lanes}>;
fn run(group: u32, lane: u32) {
  let column = group * COLUMNS + lane % COLUMNS;
  let end = min(liveRows(), sizes.END);
  var sum = ${word}();
  for (var first = sizes.START; first < end; first += TILE) {
    moments(first + min(lane / PER_ROW, end - first - 1), lane);
    workgroupBarrier();
    if (column < W) {
      for (var m = first + lane / COLUMNS; m < min(end, first + TILE); m += LANES / COLUMNS) {
        let at = m * W + column;
        sum += dy[at] * (${params.kind === "layer" ? "(x[at] - means[m - first])" : "x[at]"} * scales[m - first]);
      }
    }
    workgroupBarrier();
  }
  parts[lane] = sum;
  workgroupBarrier();
  if (lane >= COLUMNS || column >= W) { return; }
  for (var other = lane + COLUMNS; other < LANES; other += COLUMNS) { sum += parts[other]; }
  dweight[column] = ${pass ? "dweight[column] + sum" : "sum"};
}`,
  }));
});

/** WGSL: `moments(m, lane)`, which leaves the mean and the scale of row m in workgroup memory, at the row's place in the tile. */
function tileMoments(
  { kind }: NormParams,
  { vector, word, tile }: { vector: boolean; word: NormedRow["word"]; tile: number },
): string {
  const mean = /* wgsl */ `
  for (var w = part; w < W; w += PER_ROW) { sum += x[m * W + w]; }
  let mean = sumSegments(lane, ${total(vector, "sum")}) / f32(D);
  sum = ${word}();`;
  return /* wgsl */ `
${rowScale(word, kind === "layer")}
${kind === "layer" ? `var<workgroup> means: array<f32, ${tile}>;` : ""}
var<workgroup> scales: array<f32, ${tile}>;
fn moments(m: u32, lane: u32) {
  let part = lane % PER_ROW;
  var sum = ${word}();
  ${kind === "layer" ? mean : ""}
  for (var w = part; w < W; w += PER_ROW) {
    let c = x[m * W + w]${kind === "layer" ? " - mean" : ""};
    sum += c * c;
  }
  let factors = scaleOf(sumSegments(lane, ${total(vector, "sum")}), m * W, ${kind === "layer" ? "mean" : "0.0"});
  if (part == 0) {
    ${kind === "layer" ? "means[lane / PER_ROW] = mean;" : ""}
    scales[lane / PER_ROW] = factors.x * factors.y;
  }
}`;
}
