/**
 * Sums and quotients of equal shapes: one invocation a vector of four elements, the last of which may be partly unused.
 *
 * @module
 */
import { sizeOf } from "../../src/op/op.ts";
import { addOp, ratioOp } from "../../src/ops/add.ts";
import { defineKernel } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";

const elements = { a: "vec4<f32>", b: "vec4<f32>", y: "vec4<f32>" };

/** y = a + scale·b. */
export const add = defineKernel(addOp, ({ outputs: { y }, params: { scale } }) => [perWord({
  label: "add",
  ...{ rows: Math.ceil(sizeOf(y.shape) / 4), offsets: undefined, elements },
  floats: { SCALE: scale },
  statements: "y[at] = a[at] + SCALE * b[at];",
})]);

/** y = a / b, 0 where b is 0. */
export const ratio = defineKernel(ratioOp, ({ outputs: { y } }) => [perWord({
  label: "ratio",
  ...{ rows: Math.ceil(sizeOf(y.shape) / 4), offsets: undefined, elements },
  statements: /* wgsl */ `
  let none = b[at] == vec4<f32>();
  y[at] = select(a[at] / select(b[at], vec4<f32>(1.0), none), vec4<f32>(), none);`,
})]);
