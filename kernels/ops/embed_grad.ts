import { embedGradOp } from "../../src/ops/embed_grad.ts";
import type { Adapter } from "../host/adapter.ts";
import { liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { unroll } from "../wgsl/text.ts";
import { wordsOf } from "../wgsl/words.ts";

/** Invocations of a work group, words of a row that each of them sums, and rows of the table of a group. */
function blockOf({ family }: Adapter): { lanes: number; words: number; rows: number } {
  return family === "cpu" ? { lanes: 8, words: 4, rows: 256 } : { lanes: 64, words: 1, rows: 64 };
}

/**
 * dtable[v] = Σ dy[m] over rows with ids[m] = from + v. A work group owns some rows of the table: it reads all ids, four at a
 * time, and adds the rows of dy that belong to it in the order of m. There are no atomics: an invocation reads and writes its
 * own columns only. The search is a separate loop: software adapters execute what a condition skips.
 */
export const embedGrad = defineKernel(
  embedGradOp,
  ({ inputs: { ids, offsets }, outputs: { dtable }, params, adapter }) => {
    const [M] = ids.shape;
    const [V, J] = dtable.shape;
    const { W, word } = wordsOf(J);
    const { lanes, words, rows } = blockOf(adapter);
    const own = (piece: (column: string) => string) =>
      unroll(words, (k) => `if (column + ${k * lanes} < sizes.W) { ${piece(`column + ${k * lanes}`)} }`);
    return [{
      label: "embedGrad",
      sizes: { W, V, FROM: params.from ?? 0, ...rowSizes(M, offsets) },
      elements: { ids: "vec4<i32>", dy: word, dtable: word },
      workgroups: [Math.ceil(V / rows), Math.ceil(W / (lanes * words)), 1],
      wgsl: /* wgsl */ `
${liveRows(offsets)}
fn rowsOf(m: u32) -> vec4<u32> { return vec4<u32>(ids[m / 4]); }
fn ours(rows: vec4<u32>, m: u32, count: u32, live: u32) -> vec4<bool> {
  return (rows < vec4(count)) & (vec4(m) + vec4(0u, 1u, 2u, 3u) < vec4(live));
}
fn addRow(v: u32, m: u32, column: u32) {
${own((at) => `dtable[v * sizes.W + ${at}] += dy[m * sizes.W + ${at}];`)}
}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let first = id.x * ${rows};
  let count = min(${rows}, sizes.V - first);
  let base = sizes.FROM + first;
  let column = id.y * ${lanes * words} + lane;
  for (var v = first; v < first + count; v++) {
${own((at) => `dtable[v * sizes.W + ${at}] = ${word}();`)}
  }
  let live = liveRows();
  for (var m = 0u; m < live; m += 4) {
    while (m < live && !any(ours(rowsOf(m) - base, m, count, live))) { m += 4; }
    let rows = rowsOf(m) - base; // wraps below the first
    let adds = ours(rows, m, count, live);
${unroll(4, (k) => `if (adds[${k}]) { addRow(first + rows[${k}], m + ${k}, column); }`)}
  }
}`,
    }];
  },
);
