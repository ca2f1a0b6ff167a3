/**
 * Matrix product for GPUs: blocks of both operands in work group memory, a square of results in registers.
 *
 * @module
 */
import type { Dispatch } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";
import { type LinearCall, operands } from "./operands.ts";

/** Threads along each side of a block. */
const SIDE = 8;

/** Vectors of four numbers along D in a block. */
const DEPTH = 4;

/**
 * y = x·wᵀ in blocks of 8·each × 8·each results and 16 numbers along D; a thread computes each × each results (4 or 8).
 *
 * Lines of a block are four vectors long. `slot` turns them by the line's number, so that eight threads that read (or
 * write) eight lines touch eight different banks. A thread's columns lie side by side in y, but eight threads read
 * neighbouring lines: lines of w are kept in the order 0, 4, 8 … 1, 5, 9 ….
 */
export function shared(call: LinearCall, each: 4 | 8): Dispatch {
  const [M, O] = call.outputs.y.shape;
  const { wgsl, ...access } = operands(call);
  const block = SIDE * each;
  const quads = each / 4;
  const eachQuad = (piece: (quad: number) => string) => unroll(quads, piece, " ");
  const loads = block * DEPTH / (SIDE * SIDE);
  const line = (load: number) => `thread / ${DEPTH} + ${load * SIDE * SIDE / DEPTH}`;
  return {
    label: `linear.shared ${block}×${block}`,
    ...access,
    workgroups: [Math.ceil(O / block), Math.ceil(M / block), 1],
    wgsl: /* wgsl */ `
${wgsl}
var<workgroup> xs: array<vec4<f32>, ${block * DEPTH}>;
var<workgroup> ws: array<vec4<f32>, ${block * DEPTH}>;
fn slot(line: u32, step: u32) -> u32 { return line * ${DEPTH} + (step ^ ((line / 2) % ${DEPTH})); }
fn wOrder(line: u32) -> u32 { return line % ${block / 4} * 4 + line / ${block / 4}; }
@compute @workgroup_size(${SIDE * SIDE})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = id.y * ${block};
  let column = id.x * ${block};
  if (row >= liveRows()) { return; }
  let tx = thread % ${SIDE};
  let ty = thread / ${SIDE};
  let step = thread % ${DEPTH};
${unroll(loads, (i) => `  let x${i} = xLine(row + ${line(i)}); let w${i} = wLine(column + wOrder(${line(i)}));`)}
${unroll(each, (r) => eachQuad((q) => `var sum${r}_${q} = vec4<f32>();`))}
  for (var start = 0u; start < sizes.steps; start += ${DEPTH}) {
    let inside = start + step < sizes.steps;
    let d = min(start + step, sizes.steps - 1);
${unroll(loads, (i) => `    xs[slot(${line(i)}, step)] = select(vec4<f32>(), xAt(x${i}, d), inside);`)}
${unroll(loads, (i) => `    ws[slot(${line(i)}, step)] = select(vec4<f32>(), wAt(w${i}, d), inside);`)}
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}; k++) {
${eachQuad((q) => `let b${q} = mat4x4(${unroll(4, (c) => `ws[slot(${c * block / 4 + SIDE * q} + tx, k)]`, ", ")});`)}
${unroll(each, (r) => `{ let a = xs[slot(${SIDE * r} + ty, k)]; ${eachQuad((q) => `sum${r}_${q} += a * b${q};`)} }`)}
    }
    workgroupBarrier();
  }
${
      unroll(each, (r) =>
        eachQuad((q) => `finish(row + ${SIDE * r} + ty, column + ${4 * SIDE * q} + 4 * tx, sum${r}_${q});`))
    }
}`,
  };
}
