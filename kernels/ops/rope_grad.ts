/**
 * The rotary embedding backwards, in one pass over the rows.
 *
 * @module
 */
import { ropeGradOp } from "../../src/ops/rope_grad.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";

/** One invocation per pair (a, b) of a head; four neighbouring pairs at once where half a head is a multiple of four. */
export const ropeGrad = defineKernel(ropeGradOp, ({ inputs, params: { H, G, K } }) => {
  const { dq, dkv, positions, offsets } = inputs;
  const M = positions.shape[0];
  const wide = K % 8 === 0;
  const half = wide ? K / 8 : K / 2;
  const element = wide ? "vec4<f32>" : "f32";
  const read = (name: string, place: string) => `let place = ${place}; a = ${name}[place]; b = ${name}[place + HALF];`;
  return [{
    label: wide ? "ropeGrad.wide" : "ropeGrad",
    elements: { dq: element, dkv: element, table: element, dx: element },
    constants: { H, G, HALF: half },
    sizes: rowSizes(M, offsets),
    workgroups: grid(Math.ceil(M * (H + 2 * G) * half / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  let heads = H + 2 * G;
  let m = at / (heads * HALF);
  let head = at / HALF % heads;
  let i = at % HALF;
  if (m >= liveRows()) { return; }
  var a = ${element}();
  var b = ${element}();
  if (head < H) {
    ${dq ? read("dq", "(m * H + head) * 2 * HALF + i") : ""}
  } else {
    ${dkv ? read("dkv", "(m * 2 * G + head - H) * 2 * HALF + i") : ""}
  }
  if (head < H + G) {
    let angle = u32(positions[m]) * 2 * HALF + i;
    let c = table[angle];
    let s = table[angle + HALF];
    let back = a * c + b * s;
    b = b * c - a * s;
    a = back;
  }
  let to = (m * heads + head) * 2 * HALF + i;
  dx[to] = a;
  dx[to + HALF] = b;
}`,
  }];
});
