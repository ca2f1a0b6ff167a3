/**
 * Derivatives of norms: a work group a row for x, a work group a block of columns for the weight.
 *
 * @module
 */
import { normGradOp, normGradWeightOp } from "../../src/ops/norm_grad.ts";
import type { NormParams } from "../../src/ops/norm.ts";
import type { Adapter } from "../host/adapter.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { perRow } from "../wgsl/launch.ts";
import { centers, rowScale } from "../wgsl/norm_scale.ts";
import { rowLanes, sumLanes, sumSegments } from "../wgsl/reduce.ts";
import { type Words, wordsOf } from "../wgsl/words.ts";

/** dx = s·(g − mean(g) − x̂·mean(g ⊙ x̂)); the row is read three times, twice of these from the cache. */
export const normGrad = defineKernel(normGradOp, ({ inputs: { x, offsets }, params: { kind, eps }, adapter }) => {
  const [M, D] = x.shape;
  const { W, word, sum } = wordsOf(D);
  const lanes = rowLanes(adapter, W);
  const layer = centers[kind];
  const mean = /* wgsl */ `
  for (var w = lane; w < W; w += LANES) { squares += x[row + w]; }
  let mean = sumLanes(lane, ${sum("squares")}) / f32(D);
  squares = ${word}();`;
  const shift = `let shift = sumLanes(lane, ${sum("sums")}) / f32(D);`;
  const centered = layer ? "(x[row + w] - mean)" : "x[row + w]";
  return [perRow({
    label: `normGrad.${kind}`,
    ...{ rows: M, offsets, lanes },
    constants: { D, W },
    floats: { EPS: eps },
    elements: { x: word, weight: word, dy: word, dx: word },
    workgroups: grid(D === 0 ? 0 : M),
    functions: sumLanes(lanes) + rowScale(word, layer),
    statements: /* wgsl */ `
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
  let factors = scaleOf(sumLanes(lane, ${sum("squares")}), row, ${layer ? "mean" : "0.0"});
  let scale = factors.x * factors.y;
  let slope = scale * (sumLanes(lane, ${sum("products")}) / f32(D));
  ${layer ? shift : ""}
  for (var w = lane; w < W; w += LANES) {
    let g = dy[row + w] * weight[w];
    dx[row + w] = scale * (g ${layer ? "- shift" : ""} - (${centered} * scale) * slope);
  }`,
  })];
});

/** lavapipe ends loops after 65,535 rounds of an invocation, all loops together. */
const MOST_ROUNDS = 60000;

/** How a work group divides rows and columns. */
function shareOf({ family }: Adapter, W: number) {
  const lanes = family === "cpu" ? 64 : 256;
  const rowShare = family === "cpu" ? 1 : 8; // lanes that share a row's mean and scale: those of a GPU read side by side
  const columns = Math.min(family === "cpu" ? 64 : 16, 2 ** Math.ceil(Math.log2(Math.max(1, W))));
  const tile = lanes / rowShare;
  const rounds = 2 * Math.ceil(W / rowShare) + Math.ceil(tile * columns / lanes) + 16; // of a tile, sums over lanes included
  return { lanes, rowShare, columns, tile, rows: tile * Math.max(1, Math.floor(MOST_ROUNDS / rounds)) };
}

/**
 * dweight = Σ dy ⊙ x̂. A work group takes some columns of all rows, tile by tile: means and scales of a tile's rows, which
 * every group computes anew, then products, which lanes of equal columns sum over different rows. Few groups, so that
 * little is computed twice. The limit on the rounds of a loop sets the number of dispatches; each adds to the last result.
 */
export const normGradWeight = defineKernel(normGradWeightOp, ({ inputs: { x, offsets }, params, adapter }) => {
  const [M, D] = x.shape;
  const words = wordsOf(D), { W, word } = words;
  const { lanes, rowShare, columns, tile, rows } = shareOf(adapter, W);
  return Array.from({ length: Math.max(1, Math.ceil(M / rows)) }, (_, pass) => ({
    label: `normGradWeight.${params.kind}`,
    constants: { D, W, LANES: lanes, PER_ROW: rowShare, COLUMNS: columns, TILE: tile },
    floats: { EPS: params.eps },
    sizes: { ...rowSizes(M, offsets), START: pass * rows, END: pass * rows + rows },
    elements: { x: word, dy: word, dweight: word },
    workgroups: grid(Math.ceil(W / columns)),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${sumSegments(lanes, rowShare)}
${tileMoments(params, words, tile)}
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
        sum += dy[at] * (${centers[params.kind] ? "(x[at] - means[m - first])" : "x[at]"} * scales[m - first]);
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

/**
 * WGSL: `moments(m, lane)`, which leaves the mean and the scale of row m in workgroup memory, at the row's place in the
 * tile.
 */
function tileMoments(
  { kind }: NormParams,
  { word, sum }: Words,
  tile: number,
): string {
  const layer = centers[kind];
  const mean = /* wgsl */ `
  for (var w = part; w < W; w += PER_ROW) { sum += x[m * W + w]; }
  let mean = sumSegments(lane, ${sum("sum")}) / f32(D);
  sum = ${word}();`;
  return /* wgsl */ `
${rowScale(word, layer)}
${layer ? `var<workgroup> means: array<f32, ${tile}>;` : ""}
var<workgroup> scales: array<f32, ${tile}>;
fn moments(m: u32, lane: u32) {
  let part = lane % PER_ROW;
  var sum = ${word}();
  ${layer ? mean : ""}
  for (var w = part; w < W; w += PER_ROW) {
    let c = x[m * W + w]${layer ? " - mean" : ""};
    sum += c * c;
  }
  let factors = scaleOf(sumSegments(lane, ${sum("sum")}), m * W, ${layer ? "mean" : "0.0"});
  if (part == 0) {
    ${layer ? "means[lane / PER_ROW] = mean;" : ""}
    scales[lane / PER_ROW] = factors.x * factors.y;
  }
}`;
}
