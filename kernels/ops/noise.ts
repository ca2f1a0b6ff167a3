/**
 * Noise of training: one invocation a word of four elements, the last of which may be partly unused. The place in the
 * model is a run-time size, so that all places share a pipeline.
 *
 * @module
 */
import { sizeOf } from "../../src/op/op.ts";
import { dropoutOp, jitterOp, type NoiseParams } from "../../src/ops/noise.ts";
import { grid } from "../host/grid.ts";
import { type Call, defineKernel, type Dispatch } from "../host/kernel.ts";
import { randomWgsl } from "../wgsl/random.ts";

/** Invocations of a work group. */
const LANES = 64;

type NoiseCall = Call<"x" | "seed" | "rows?", "y", NoiseParams>;

/** What both have but numbers and a body, which sets y[at] for the elements `index` of a step. */
function words({ inputs: { rows }, outputs: { y }, params: { salt } }: NoiseCall, body: string) {
  const elements = sizeOf(y.shape);
  const W = Math.ceil(elements / 4);
  const index = rows
    ? /* wgsl */ `
  let m = own / sizes.D;
  let row = vec4(u32(rows[m.x]), u32(rows[m.y]), u32(rows[m.z]), u32(rows[m.w]));
  let index = (u32(seed[1]) + row) * sizes.D + own % sizes.D;`
    : "let index = u32(seed[1]) * sizes.D + own;";
  return {
    sizes: { W, SALT: salt >>> 0, D: elements / Math.max(1, y.shape[0]) },
    elements: { x: "vec4<f32>", y: "vec4<f32>" },
    workgroups: grid(Math.ceil(W / LANES)),
    lanes: LANES,
    wgsl: /* wgsl */ `
${randomWgsl}
fn run(group: u32, lane: u32) {
  let at = group * ${LANES} + lane;
  if (at >= sizes.W) { return; }
  let own = vec4(4 * at) + vec4(0u, 1u, 2u, 3u);
  ${index}
  ${body}
}`,
  } satisfies Partial<Dispatch>;
}

/** y = x/(1 − rate) or 0. The comparison is one of whole numbers, u·2²⁴ ≥ rate·2²⁴, which no rounding of rate can turn. */
export const dropout = defineKernel(dropoutOp, (call) => [{
  label: "dropout",
  constants: { LEAST: Math.ceil(call.params.rate * 2 ** 24) },
  floats: { SCALE: 1 / (1 - call.params.rate) },
  ...words(call, "y[at] = select(vec4<f32>(), SCALE * x[at], bitsAt(seed[0], sizes.SALT, index) >= vec4(LEAST));"),
}]);

/** y = x·(1 − rate + 2·rate·u). */
export const jitter = defineKernel(jitterOp, (call) => [{
  label: "jitter",
  floats: { LEAST: 1 - call.params.rate, SPAN: 2 * call.params.rate },
  ...words(call, "y[at] = x[at] * (LEAST + SPAN * uniformAt(seed[0], sizes.SALT, index));"),
}]);
