/**
 * Expert merging: once per matrix when a model is folded.
 *
 * @module
 */
import { expertMergeOp } from "../../src/ops/merge.ts";
import { defineKernel } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";
import { wordsOf } from "../wgsl/words.ts";

/** WGSL: the loops of both modes; each step adds column ⊗ row, four rows by a word of the result. */
const loops = {
  delta: /* wgsl */ `
  for (var e = 0u; e < sizes.E; e++) {
    for (var r = 0u; r < sizes.R; r++) { addProduct(q[e] * columnOf(e, o, r), rowOf(e, r, f)); }
  }`,
  factor: /* wgsl */ `
  for (var r = 0u; r < sizes.R; r++) {
    var column = vec4<f32>();
    var row = Word();
    for (var e = 0u; e < sizes.E; e++) {
      column += q[e] * columnOf(e, o, r);
      row += q[e] * rowOf(e, r, f);
    }
    addProduct(column, row);
  }`,
};

/**
 * One invocation four rows by an element, or by four elements where the width allows. A model has many matrices: no size
 * is a constant. Rows past the last one are computed from other data, and not written.
 */
export const expertMerge = defineKernel(expertMergeOp, ({ inputs: { w, a }, params: { mode, scale } }) => {
  const [O, F] = w.shape;
  const [E, R] = a.shape;
  const { word, W } = wordsOf(F);
  return [perWord({
    label: `expertMerge.${mode}`,
    ...{ rows: Math.ceil(O / 4) * W, offsets: undefined },
    sizes: { E, R, O, W },
    floats: { SCALE: scale },
    elements: { w: word, a: word, y: word },
    functions: /* wgsl */ `
alias Word = ${word};
fn columnOf(e: u32, o: u32, r: u32) -> vec4<f32> {
  let at = (e * sizes.O + o) * sizes.R + r;
  return vec4<f32>(b[at], b[at + sizes.R], b[at + 2 * sizes.R], b[at + 3 * sizes.R]);
}
fn rowOf(e: u32, r: u32, f: u32) -> Word { return a[(e * sizes.R + r) * sizes.W + f]; }
var<private> sums: array<Word, 4>;
fn addProduct(column: vec4<f32>, row: Word) {
  sums[0] += column.x * row;
  sums[1] += column.y * row;
  sums[2] += column.z * row;
  sums[3] += column.w * row;
}`,
    statements: /* wgsl */ `
  let o = at / sizes.W * 4;
  let f = at % sizes.W;
${loops[mode]}
  for (var i = 0u; i < min(4, sizes.O - o); i++) {
    let to = (o + i) * sizes.W + f;
    y[to] = w[to] + SCALE * sums[i];
  }`,
  })];
});
