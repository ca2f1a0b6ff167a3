import { poolOp, type PoolParams } from "../src/ops/pool.ts";
import { grid } from "./grid.ts";
import { defineKernel } from "./kernel.ts";
import { MOST_ROUNDS, rowLanes, sumLanes } from "./reduce.ts";

/** WGSL: what the first of a sequence's rows and their number become; the sequence has rows. */
const narrow: Readonly<Record<PoolParams["kind"], string>> = {
  mean: "",
  first: "count = 1;",
  last: "first += count - 1; count = 1;",
};

/** y[b] = pool of the rows of b; a work group a sequence, every lane sums its own columns. */
export const pool = defineKernel(poolOp, ({ inputs: { x }, outputs: { y }, params: { kind, normalize }, adapter }) => {
  const [B, D] = y.shape;
  const vector = D % 4 === 0;
  const W = vector ? D / 4 : D;
  const rounds = Math.ceil(W / rowLanes(adapter, W)) * x.shape[0];
  const lanes = rounds > MOST_ROUNDS ? 256 : rowLanes(adapter, W);
  const word = vector ? "vec4<f32>" : "f32";
  const unit = /* wgsl */ `
  let square = sumLanes(lane, squares);
  let scale = select(0.0, inverseSqrt(square), square > 0.0);
  for (var w = lane; w < W; w += LANES) { y[b * W + w] *= scale; }`;
  return [{
    label: `pool.${kind}`,
    constants: { W, LANES: lanes },
    sizes: { B, M: x.shape[0] },
    elements: { x: word, y: word },
    workgroups: grid(D === 0 ? 0 : B),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${sumLanes(lanes)}
fn run(b: u32, lane: u32) {
  if (b >= sizes.B) { return; }
  var first = u32(offsets[b]);
  var count = u32(offsets[b + 1]) - first;
  if (count > 0) { ${narrow[kind]} }
  var squares = 0.0;
  for (var w = lane; w < W; w += LANES) {
    var sum = ${word}();
    for (var m = first; m < first + count; m++) { sum += x[m * W + w]; }
    let value = sum / f32(max(count, 1u));
    squares += ${vector ? "dot(value, value)" : "value * value"};
    y[b * W + w] = value;
  }
  ${normalize ? unit : ""}
}`,
  }];
});
