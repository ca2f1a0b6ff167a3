/**
 * Updates in place: one invocation a vector of four elements, the last of which may be partly unused.
 *
 * @module
 */
import { sizeOf, type Tensor } from "../../src/op/op.ts";
import { adamWOp, balanceBiasOp, countChoicesOp, emaOp, storeOp, sumSquaresOp } from "../../src/ops/optimizer.ts";
import type { Adapter } from "../host/adapter.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel, type Dispatch } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";
import { MOST_ROUNDS, sumLanes } from "../wgsl/reduce.ts";
import { unroll } from "../wgsl/text.ts";
import { ALL_ROWS } from "./losses.ts";

/** WGSL: returns where the gradient is not finite, by its exponent bits: compilers may assume that no number is infinite. */
const ONLY_FINITE = "if ((bitcast<u32>(squares[0]) & 0x7f800000u) == 0x7f800000u) { return; }";

/** Invocations of a work group. */
const LANES = 64;

/** One invocation for each vector `at` of four elements of `like`; `names` are bound as vectors. */
function update(label: string, like: Tensor, names: string[], floats: Record<string, number>, body: string): Dispatch {
  const W = Math.ceil(sizeOf(like.shape) / 4);
  return {
    ...{ label, floats, sizes: { W }, lanes: LANES, workgroups: grid(Math.ceil(W / LANES)) },
    elements: Object.fromEntries(names.map((name) => [name, "vec4<f32>"])),
    wgsl: /* wgsl */ `
fn run(group: u32, lane: u32) {
  let at = group * ${LANES} + lane;
  if (at >= sizes.W) { return; }
  ${ONLY_FINITE}
  ${body}
}`,
  };
}

/** AdamW. Gradients are clipped by a comparison, so that a norm of 0 divides nothing. */
export const adamW = defineKernel(adamWOp, ({ outputs: { p }, params: { beta1, beta2, eps, decay, clip } }) => [update(
  "adamW",
  p,
  ["p", "m", "v", "g"],
  { KEEP1: beta1, TAKE1: 1 - beta1, KEEP2: beta2, TAKE2: 1 - beta2, EPS: eps, DECAY: decay, CLIP: clip },
  /* wgsl */ `
  let norm = sqrt(squares[0]);
  var s = 1.0;
  if (CLIP > 0.0 && norm > CLIP) { s = CLIP / norm; }
  let sg = s * g[at];
  let first = KEEP1 * m[at] + TAKE1 * sg;
  let second = KEEP2 * v[at] + TAKE2 * sg * sg;
  m[at] = first;
  v[at] = second;
  let step = first / rates[1] / (sqrt(second / rates[2]) + EPS);
  p[at] -= rates[0] * (step + DECAY * p[at]);`,
)]);

/** Words, and accumulators, of an invocation of {@link sumSquares} in one round. */
const AHEAD = 4;

/** Invocations that share so many words: few on a CPU adapter, but enough that no loop is cut short. */
function squareLanes({ family }: Adapter, words: number): number {
  let lanes = family === "cpu" ? 8 : words > 4096 ? 256 : 64;
  while (lanes < 256 && words / AHEAD / lanes > MOST_ROUNDS / 2) lanes *= 2;
  return lanes;
}

/** y = carry + Σ x²; one work group, in a fixed order. The elements of the last, partly used vector are added one by one. */
export const sumSquares = defineKernel(sumSquaresOp, ({ inputs: { x, carry }, adapter }) => {
  const whole = Math.floor(sizeOf(x.shape) / 4);
  const lanes = squareLanes(adapter, whole);
  const part = (k: number) => `let x${k} = x[at + ${k * lanes}]; s${k} += x${k} * x${k};`;
  return [{
    label: "sumSquares",
    constants: { LANES: lanes },
    sizes: { W: whole, REST: sizeOf(x.shape) % 4 },
    elements: { x: "vec4<f32>" },
    workgroups: [1, 1, 1],
    lanes: "LANES",
    wgsl: /* wgsl */ `
${sumLanes(lanes)}
fn run(group: u32, lane: u32) {
${unroll(AHEAD, (k) => `  var s${k} = vec4<f32>();`)}
  var at = lane;
  for (; at + ${(AHEAD - 1) * lanes} < sizes.W; at += ${AHEAD * lanes}) {
${unroll(AHEAD, part)}
  }
  for (; at < sizes.W; at += LANES) { s0 += x[at] * x[at]; }
  var sum = dot((s0 + s1) + (s2 + s3), vec4<f32>(1.0));
  if (lane < sizes.REST) { sum += x[sizes.W][lane] * x[sizes.W][lane]; }
  let total = sumLanes(lane, sum);
  if (lane == 0) { y[0] = ${carry ? "carry[0] + total" : "total"}; }
}`,
  }];
});

/** average ← decay·average + (1 − decay)·p, where `squares` is finite. */
export const ema = defineKernel(emaOp, ({ inputs: { p }, params: { decay } }) => [
  update(
    "ema",
    p,
    ["average", "p"],
    { KEEP: decay, TAKE: 1 - decay },
    "average[at] = KEEP * average[at] + TAKE * p[at];",
  ),
]);

/** list[at] ← x; as u32, a line below 0 is beyond the end. */
export const store = defineKernel(storeOp, ({ inputs: { list: { shape: [n, W] } } }) => [{
  label: "store",
  sizes: { n, W },
  workgroups: grid(Math.ceil(W / LANES)),
  lanes: LANES,
  wgsl: /* wgsl */ `
fn run(group: u32, lane: u32) {
  let w = group * ${LANES} + lane;
  let line = u32(at[0]);
  if (w < sizes.W && line < sizes.n) { list[line * sizes.W + w] = x[w]; }
}`,
}]);

/** counts_e = slots that chose e; one work group. */
export const countChoices = defineKernel(
  countChoicesOp,
  ({ inputs: { experts: { shape: [M, k] }, offsets }, params: { E } }) => [{
    label: "countChoices",
    constants: { E, k, LANES: ALL_ROWS },
    sizes: rowSizes(M, offsets),
    workgroups: [E > 0 ? 1 : 0, 1, 1],
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
var<workgroup> chosen: array<atomic<u32>, ${Math.max(1, E)}>;
fn run(group: u32, lane: u32) {
  let slots = liveRows() * k;
  for (var slot = lane; slot < slots; slot += LANES) { atomicAdd(&chosen[experts[slot]], 1u); }
  workgroupBarrier();
  for (var e = lane; e < E; e += LANES) { counts[e] = f32(atomicLoad(&chosen[e])); }
}`,
  }],
);

/**
 * bias_e ← bias_e + rate·sign(mean − count_e), an invocation an alternative. With slots = q·E + r, a count above q is
 * above the mean, and a count of q is below it unless r = 0: no product can overflow.
 */
export const balanceBias = defineKernel(
  balanceBiasOp,
  ({ inputs: { bias: { shape: [E] } }, params: { rate } }) => [perWord({
    label: "balanceBias",
    ...{ rows: E, offsets: undefined },
    constants: { E },
    floats: { RATE: rate },
    statements: /* wgsl */ `
  ${ONLY_FINITE}
  var slots = 0u;
  for (var other = 0u; other < E; other++) { slots += u32(counts[other]); }
  let mean = slots / E;
  let count = u32(counts[m]);
  if (count > mean) { bias[m] -= RATE; }
  if (count < mean || (count == mean && slots % E > 0)) { bias[m] += RATE; }`,
  })],
);
