/**
 * Noise of training: one invocation a word of four elements, the last of which may be partly unused. The place in the
 * model is a run-time size, so that all places share a pipeline.
 *
 * @module
 */
import { sizeOf } from "../../src/op/op.ts";
import { dropoutOp, jitterOp, type NoiseParams } from "../../src/ops/noise.ts";
import { type Call, defineKernel, type Dispatch } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";
import { randomWgsl } from "../wgsl/random.ts";

type NoiseCall = Call<"x" | "seed" | "rows?", "y", NoiseParams>;

/** A function of the elements `index` of a step, four at a time; `numbers` are the constants of its statement. */
function noise(
  { inputs: { rows }, outputs: { y }, params: { salt } }: NoiseCall,
  numbers: Pick<Dispatch, "label" | "constants" | "floats">,
  statement: string,
): Dispatch {
  const elements = sizeOf(y.shape);
  const index = rows
    ? /* wgsl */ `
  let places = own / sizes.D;
  let row = vec4(u32(rows[places.x]), u32(rows[places.y]), u32(rows[places.z]), u32(rows[places.w]));
  let index = (u32(seed[1]) + row) * sizes.D + own % sizes.D;`
    : "let index = u32(seed[1]) * sizes.D + own;";
  return perWord({
    ...numbers,
    ...{ rows: Math.ceil(elements / 4), offsets: undefined },
    sizes: { SALT: salt >>> 0, D: elements / Math.max(1, y.shape[0]) },
    elements: { x: "vec4<f32>", y: "vec4<f32>" },
    functions: randomWgsl,
    statements: `let own = vec4(4 * at) + vec4(0u, 1u, 2u, 3u);\n  ${index}\n  ${statement}`,
  });
}

/** y = x/(1 − rate) or 0: integers are compared, u·2²⁴ ≥ rate·2²⁴, so that rounding of the rate decides nothing. */
export const dropout = defineKernel(dropoutOp, (call) => [
  noise(call, {
    label: "dropout",
    constants: { LEAST: Math.ceil(call.params.rate * 2 ** 24) },
    floats: { SCALE: 1 / (1 - call.params.rate) },
  }, "y[at] = select(vec4<f32>(), SCALE * x[at], bitsAt(seed[0], sizes.SALT, index) >= vec4(LEAST));"),
]);

/** y = x·(1 − rate + 2·rate·u). */
export const jitter = defineKernel(jitterOp, (call) => [
  noise(
    call,
    { label: "jitter", floats: { LEAST: 1 - call.params.rate, SPAN: 2 * call.params.rate } },
    "y[at] = x[at] * (LEAST + SPAN * uniformAt(seed[0], sizes.SALT, index));",
  ),
]);
