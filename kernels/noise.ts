/**
 * Noise of training: one invocation a word of four elements, the last of which may be partly unused. The place in the
 * model is a run-time size, so that all places share a pipeline.
 *
 * @module
 */
import { sizeOf, type Tensor } from "../src/op.ts";
import { dropoutOp, jitterOp, type NoiseParams } from "../src/ops/noise.ts";
import { grid } from "./grid.ts";
import { defineKernel, type Dispatch } from "./kernel.ts";
import { randomWgsl } from "./random.ts";

/** Invocations of a work group. */
const LANES = 64;

/** What both have but numbers and a body, which sets y[at] for the elements `index`. */
function words(y: Tensor, { salt }: NoiseParams, body: string) {
  const W = Math.ceil(sizeOf(y.shape) / 4);
  return {
    sizes: { W, SALT: salt >>> 0 },
    elements: { x: "vec4<f32>", y: "vec4<f32>" },
    workgroups: grid(Math.ceil(W / LANES)),
    lanes: LANES,
    wgsl: /* wgsl */ `
${randomWgsl}
fn run(group: u32, lane: u32) {
  let at = group * ${LANES} + lane;
  if (at >= sizes.W) { return; }
  let index = vec4(4 * at) + vec4(0u, 1u, 2u, 3u);
  ${body}
}`,
  } satisfies Partial<Dispatch>;
}

/** y = x/(1 − rate) or 0. The comparison is one of whole numbers, u·2²⁴ ≥ rate·2²⁴, which no rounding of rate can turn. */
export const dropout = defineKernel(dropoutOp, ({ outputs: { y }, params }) => [{
  label: "dropout",
  constants: { LEAST: Math.ceil(params.rate * 2 ** 24) },
  floats: { SCALE: 1 / (1 - params.rate) },
  ...words(y, params, "y[at] = select(vec4<f32>(), SCALE * x[at], bitsAt(seed[0], sizes.SALT, index) >= vec4(LEAST));"),
}]);

/** y = x·(1 − rate + 2·rate·u). */
export const jitter = defineKernel(jitterOp, ({ outputs: { y }, params }) => [{
  label: "jitter",
  floats: { LEAST: 1 - params.rate, SPAN: 2 * params.rate },
  ...words(y, params, "y[at] = x[at] * (LEAST + SPAN * uniformAt(seed[0], sizes.SALT, index));"),
}]);
