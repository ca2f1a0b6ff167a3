import { sizeOf } from "../src/op.ts";
import { addOp } from "../src/ops/add.ts";
import { grid } from "./grid.ts";
import { defineKernel } from "./kernel.ts";

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
