/**
 * Derivative of pooling.
 *
 * @module
 */
import { poolGradOp } from "../../src/ops/pool_grad.ts";
import type { Pooling } from "../../src/op/kinds.ts";
import { grid, sequenceOf } from "../host/grid.ts";
import { type Call, defineKernel, type Dispatch } from "../host/kernel.ts";
import { powerOfTwoWgsl } from "../wgsl/math.ts";
import { largerWgsl, poolings } from "./pool.ts";
import { maxLanes, sumLanes } from "../wgsl/reduce.ts";
import { lanesOf } from "../host/adapter.ts";
import { type Words, wordsOf } from "../wgsl/words.ts";

type PoolGradCall = Call<"x" | "dy" | "offsets", "dx", { readonly kind: Pooling; readonly normalize: boolean }>;

/** WGSL: the row of sequence [start, end) that receives the gradient: the pooled row, or the first. */
const anchorOf = (kind: Pooling) => poolings[kind].take === "last" ? "end - 1" : "start";

/** Whether all rows of a sequence are in its vector. */
const isSum = (kind: Pooling) => poolings[kind].take === "sum";

/**
 * dx = weight·dv, a work group a row. If the vector was normalised, a work group a sequence first stores dv, times the weight
 * of the first row, in one of its rows (the anchor), where the others read it. `max` takes one work group a sequence.
 */
export const poolGrad = defineKernel(poolGradOp, (call) => {
  const { kind, normalize } = call.params;
  if (poolings[kind].take === "greatest") return [perSequence(call, "", spreadGreatest(call))];
  const share = isSum(kind)
    ? `for (var w = lane; w < W; w += LANES) { dx[anchor * W + w] /= ${poolings[kind].divisor}; }`
    : "";
  return normalize ? [perSequence(call, ".tangent", share), spread(call)] : [spread(call)];
});

/** A work group a row: its weight times dv, or times the vector stored at the anchor. */
function spread({ inputs: { x, dy }, params: { kind, normalize }, adapter }: PoolGradCall): Dispatch {
  const [B, D] = dy.shape;
  const { W, word } = wordsOf(D);
  const whole = isSum(kind) ? `dy[b * W + w] / ${poolings[kind].divisor}` : "dy[b * W + w]";
  const given = normalize ? "dx[anchor * W + w]" : whole;
  const other = !isSum(kind) ? `${word}()` : poolings[kind].weighted ? `f32(m - start + 1) * (${given})` : given;
  return {
    label: `poolGrad.${kind}`,
    sizes: { B, M: x.shape[0] },
    elements: { x: word, dy: word, dx: word },
    lanes: "LANES",
    constants: { W, LANES: lanesOf(adapter) },
    workgroups: grid(D === 0 ? 0 : x.shape[0]),
    uses: ["dy", "offsets", "dx"],
    wgsl: /* wgsl */ `
${sequenceOf}
fn run(m: u32, lane: u32) {
  if (m >= min(sizes.M, u32(offsets[sizes.B]))) { return; }
  let b = sequenceOf(m);
  let start = u32(offsets[b]);
  let end = u32(offsets[b + 1]);
  let anchor = ${anchorOf(kind)};
  let n = f32(end - start);
  if (m == anchor) {
    ${normalize ? "" : `for (var w = lane; w < W; w += LANES) { dx[m * W + w] = ${whole}; }`}
    return;
  }
  for (var w = lane; w < W; w += LANES) { dx[m * W + w] = ${other}; }
}`,
  };
}

/** A work group a sequence: dv at the anchor (where the vector was normalised), then `rest`. */
function perSequence(call: PoolGradCall, name: string, rest: string): Dispatch {
  const { inputs: { x, dy }, params: { kind, normalize } } = call;
  const [B, D] = dy.shape;
  const words = wordsOf(D), { W, word } = words;
  const lanes = Math.min(256, Math.max(8, 2 ** Math.ceil(Math.log2(Math.max(1, W)))));
  return {
    label: `poolGrad.${kind}${name}`,
    sizes: { B, M: x.shape[0] },
    elements: { x: word, dy: word, dx: word },
    lanes: "LANES",
    constants: { W, LANES: lanes },
    workgroups: grid(D === 0 ? 0 : B),
    wgsl: /* wgsl */ `
${sumLanes(lanes)}
${maxLanes(lanes)}
${powerOfTwoWgsl}
${largerWgsl(word)}
fn run(b: u32, lane: u32) {
  if (b >= sizes.B) { return; }
  let start = u32(offsets[b]);
  let end = u32(offsets[b + 1]);
  if (start == end) { return; }
  let anchor = ${anchorOf(kind)};
  let n = f32(end - start);
  ${normalize ? tangent(kind, words) : ""}
  ${rest}
}`,
  };
}

/**
 * WGSL: every column's dv is added to the first row that has the value of the vector, which is stored at the anchor or
 * computed again.
 */
function spreadGreatest({ params: { kind, normalize }, inputs: { dy: { shape: [, D] } } }: PoolGradCall): string {
  const { word } = wordsOf(D);
  const found = normalize
    ? `let v = dx[anchor * W + w];
    let dv = (dy[b * W + w] - v * power * inverse * along) * inverse * power;`
    : `${vectorAt(kind, word)}
    let dv = dy[b * W + w];`;
  return /* wgsl */ `
  for (var w = lane; w < W; w += LANES) {
    ${found}
    var open = v == v;
    for (var m = start; m < end; m++) {
      let hit = open & (x[m * W + w] == v);
      dx[m * W + w] = select(${word}(), dv, hit);
      open = open & !hit;
    }
  }`;
}

/** WGSL: the vector of a sequence at column w. */
function vectorAt(kind: Pooling, word: string): string {
  if (poolings[kind].take === "greatest") {
    return `
    var v = x[start * W + w];
    for (var m = start; m < end; m++) { v = larger(v, x[m * W + w]); }`;
  }
  if (!isSum(kind)) return "let v = x[anchor * W + w];";
  const row = (m: string) =>
    poolings[kind].weighted ? `f32(${m} - start + 1) * x[(${m}) * W + w]` : `x[(${m}) * W + w]`;
  // four rows a round: lavapipe ends loops after 65,535 rounds of an invocation, all loops together
  return /* wgsl */ `
    var v = ${word}();
    var m = start;
    for (; m + 4 <= end; m += 4u) { v += (${row("m")} + ${row("m + 1")}) + (${row("m + 2")} + ${row("m + 3")}); }
    for (; m < end; m++) { v += ${row("m")}; }
    v /= ${poolings[kind].divisor};`;
}

/** WGSL: (dy − ŷ·Σ ŷ·dy) / |v| of a sequence at its anchor, where the vector v is stored before. */
function tangent(kind: Pooling, { word, max, dot }: Words): string {
  const left = "dx[anchor * W + w] = (dy[b * W + w] - dx[anchor * W + w] * power * inverse * along) * inverse * power;";
  return /* wgsl */ `
  var most = ${word}();
  for (var w = lane; w < W; w += LANES) {
    ${vectorAt(kind, word)}
    most = max(most, abs(v));
    dx[anchor * W + w] = v;
  }
  let power = powerOfTwo(maxLanes(lane, ${max("most")}));
  var squares = 0.0;
  var products = 0.0;
  for (var w = lane; w < W; w += LANES) {
    let v = dx[anchor * W + w] * power;
    squares += ${dot("v", "v")};
    products += ${dot("v", "dy[b * W + w]")};
  }
  let square = sumLanes(lane, squares);
  let inverse = select(0.0, inverseSqrt(square), square > 0.0);
  let along = sumLanes(lane, products) * inverse;
  ${poolings[kind].take === "greatest" ? "" : `for (var w = lane; w < W; w += LANES) { ${left} }`}`;
}
