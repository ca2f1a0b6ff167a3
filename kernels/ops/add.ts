import { sizeOf } from "../../src/op/op.ts";
import { addOp, ratioOp } from "../../src/ops/add.ts";
import { grid } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";

/** y = a + scale·b; one invocation a word of four elements, the last of which may be partly unused. */
export const add = defineKernel(addOp, ({ outputs: { y }, params: { scale } }) => {
  const W = Math.ceil(sizeOf(y.shape) / 4);
  return [{
    label: "add",
    floats: { SCALE: scale },
    sizes: { W },
    elements: { a: "vec4<f32>", b: "vec4<f32>", y: "vec4<f32>" },
    workgroups: grid(Math.ceil(W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  if (at >= sizes.W) { return; }
  y[at] = a[at] + SCALE * b[at];
}`,
  }];
});

/** y = a / b, 0 where b is 0; one invocation a word of four elements. */
export const ratio = defineKernel(ratioOp, ({ outputs: { y } }) => {
  const W = Math.ceil(sizeOf(y.shape) / 4);
  return [{
    label: "ratio",
    sizes: { W },
    elements: { a: "vec4<f32>", b: "vec4<f32>", y: "vec4<f32>" },
    workgroups: grid(Math.ceil(W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  if (at >= sizes.W) { return; }
  let none = b[at] == vec4<f32>();
  y[at] = select(a[at] / select(b[at], vec4<f32>(1.0), none), vec4<f32>(), none);
}`,
  }];
});
