/**
 * Derivative of pooling.
 *
 * @module
 */
import { poolGradOp } from "../src/ops/pool_grad.ts";
import { grid, sequenceOf } from "./grid.ts";
import { defineKernel } from "./kernel.ts";
import { sumLanes } from "./reduce.ts";
import { lanesOf, wordsOf } from "./rows.ts";

/** WGSL: the row of sequence [start, end) whose gradient is computed: the pooled one, or the first of the mean. */
const anchor = { mean: "start", first: "start", last: "end - 1" } as const;

/**
 * dx = dv/length at pooled rows, else 0, a work group a row. Where the vector was normalised, a work group a sequence first
 * leaves dv/length at one of its rows, from which the others take it.
 */
export const poolGrad = defineKernel(poolGradOp, (call) => {
  const { inputs: { x, dy }, params: { kind, normalize }, adapter } = call;
  const [B, D] = dy.shape;
  const { vector, W } = wordsOf(D);
  const word = vector ? "vec4<f32>" : "f32";
  const at = `let anchor = ${anchor[kind]};`;
  const common = { sizes: { B, M: x.shape[0] }, elements: { x: word, dy: word, dx: word }, lanes: "LANES" };
  const other = kind === "mean" ? (normalize ? "dx[anchor * W + w]" : upstream) : `${word}()`;
  const spread = {
    ...common,
    label: `poolGrad.${kind}`,
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
  ${at}
  if (m == anchor) {
    ${
      normalize
        ? ""
        : `for (var w = lane; w < W; w += LANES) { dx[m * W + w] = ${kind === "mean" ? upstream : "dy[b * W + w]"}; }`
    }
    return;
  }
  for (var w = lane; w < W; w += LANES) { dx[m * W + w] = ${other}; }
}`,
  };
  const lanes = Math.min(256, Math.max(8, 2 ** Math.ceil(Math.log2(Math.max(1, W)))));
  const tangent = {
    ...common,
    label: `poolGrad.${kind}.tangent`,
    constants: { W, LANES: lanes },
    workgroups: grid(D === 0 ? 0 : B),
    wgsl: tangents(lanes, at, vector ? "dot(V, U)" : "V * U", word, kind === "mean"),
  };
  return normalize ? [tangent, spread] : [spread];
});

/** WGSL: what reaches each row of a mean. */
const upstream = "dy[b * W + w] / f32(end - start)";

/** WGSL: dv/length of a sequence, left at its anchor, where the vector v itself is kept meanwhile. */
function tangents(lanes: number, at: string, product: string, word: string, mean: boolean): string {
  const inner = (v: string, u: string) => product.replace("V", v).replace("U", u);
  // four rows a round: lavapipe ends loops after 65,535 rounds of an invocation, all loops together
  const sum = /* wgsl */ `
    var sum = ${word}();
    var m = start;
    for (; m + 4 <= end; m += 4u) {
      sum += (x[m * W + w] + x[(m + 1) * W + w]) + (x[(m + 2) * W + w] + x[(m + 3) * W + w]);
    }
    for (; m < end; m++) { sum += x[m * W + w]; }
    let v = sum / f32(end - start);`;
  return /* wgsl */ `
${sumLanes(lanes)}
fn run(b: u32, lane: u32) {
  if (b >= sizes.B) { return; }
  let start = u32(offsets[b]);
  let end = u32(offsets[b + 1]);
  if (start == end) { return; }
  ${at}
  var squares = 0.0;
  var products = 0.0;
  for (var w = lane; w < W; w += LANES) {
    ${mean ? sum : "let v = x[anchor * W + w];"}
    squares += ${inner("v", "v")};
    products += ${inner("v", "dy[b * W + w]")};
    dx[anchor * W + w] = v;
  }
  let square = sumLanes(lane, squares);
  let inverse = select(0.0, inverseSqrt(square), square > 0.0);
  let along = sumLanes(lane, products) * inverse;
  for (var w = lane; w < W; w += LANES) {
    let unit = dx[anchor * W + w] * inverse;
    dx[anchor * W + w] = (dy[b * W + w] - unit * along) * inverse${mean ? " / f32(end - start)" : ""};
  }
}`;
}
