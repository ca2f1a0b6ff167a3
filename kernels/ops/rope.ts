/**
 * Rotary position embedding and the split into queries and keys/values, in one pass over the rows.
 *
 * @module
 */
import { type Heads, ropeOp, ropeWriteOp } from "../../src/ops/rope.ts";
import type { Tensor } from "../../src/op/op.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel, type Dispatch } from "../host/kernel.ts";

/** q, kv = rope(x). */
export const rope = defineKernel(ropeOp, ({ inputs, params }) => [rotate(inputs, params, "kv")]);

/** The same, and keys and values go to their places in a cache. */
export const ropeWrite = defineKernel(
  ropeWriteOp,
  ({ inputs, params }) => [rotate(inputs, params, "cache")],
  () => true,
);

/** One invocation per pair (a, b) of a head; four neighbouring pairs at once where half a head is a multiple of four. */
function rotate(
  { x, offsets }: { x: Tensor; offsets?: Tensor },
  { H, G, K }: Heads,
  keys: "kv" | "cache",
): Dispatch {
  const M = x.shape[0];
  const wide = K % 8 === 0;
  const half = wide ? K / 8 : K / 2;
  const element = wide ? "vec4<f32>" : "f32";
  const name = keys === "cache" ? "ropeWrite" : "rope";
  return {
    label: wide ? `${name}.wide` : name,
    elements: { x: element, table: element, q: element, [keys]: element },
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
    return;
  }
  ${keys === "cache" ? "let row = places[m]; if (row < 0) { return; }" : "let row = m;"}
  let to = (u32(row) * 2 * G + head - H) * 2 * HALF + i;
  ${keys}[to] = a;
  ${keys}[to + HALF] = b;
}`,
  };
}
