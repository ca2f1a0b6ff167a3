/**
 * Rotary position embedding and the split into queries and keys/values, in one pass over the rows.
 *
 * @module
 */
import { ropeOp } from "../src/ops/rope.ts";
import { grid, liveRows, rowSizes } from "./grid.ts";
import { defineKernel } from "./kernel.ts";

/** One invocation per pair (a, b) of a head; four neighbouring pairs at once where half a head is a multiple of four. */
export const rope = defineKernel(ropeOp, ({ inputs: { x, offsets }, params: { H, G, K } }) => {
  const M = x.shape[0];
  const wide = K % 8 === 0;
  const half = wide ? K / 8 : K / 2;
  const element = wide ? "vec4<f32>" : "f32";
  return [{
    label: wide ? "rope.wide" : "rope",
    elements: { x: element, table: element, q: element, kv: element },
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
  let source = (m * heads + head) * 2 * HALF + i;
  var a = x[source];
  var b = x[source + HALF];
  if (head < H + G) {
    let angle = u32(positions[m]) * 2 * HALF + i;
    let c = table[angle];
    let s = table[angle + HALF];
    let rotated = a * c - b * s;
    b = b * c + a * s;
    a = rotated;
  }
  if (head < H) {
    let to = (m * H + head) * 2 * HALF + i;
    q[to] = a;
    q[to + HALF] = b;
  } else {
    let to = (m * 2 * G + head - H) * 2 * HALF + i;
    kv[to] = a;
    kv[to + HALF] = b;
  }
}`,
  }];
});
