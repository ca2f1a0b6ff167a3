/**
 * Filters as a least key, without sorting: a logit is kept if the measure of all greater ones is below a limit.
 *
 * @module
 */
import { keysOf } from "../../wgsl/ordered_keys.ts";
import { unroll } from "../../wgsl/text.ts";

/** Components of a word of a row: vectors of four logits, or single numbers. */
export function componentsOf(vector: boolean): readonly string[] {
  return vector ? [".x", ".y", ".z", ".w"] : [""];
}

/**
 * WGSL: a row of logits, which starts at a word, with the greatest of them before and after the penalty, its temperature
 * and its penalty; `penalised` words of logits, their `weights`, and their `keys`, whole numbers in the same order; the
 * `total` and the `greatest` of a word.
 */
export function rowOf(seen: boolean, vector: boolean): string {
  const word = (type: string) => vector ? `vec4<${type}>` : type;
  const penalty = /* wgsl */ `
  if (row.penalty != 1.0) {
    return select(x, select(x * row.penalty, x / row.penalty, x > Word()), seen[row.start + w] > ${word("i32")}());
  }`;
  return /* wgsl */ `
alias Word = ${word("f32")};
alias Keys = ${word("u32")};
struct Row {
  start: u32,
  most: f32,
  top: f32,
  scale: f32,
  penalty: f32,
}
fn total(x: Word) -> f32 { return ${vector ? "dot(x, Word(1.0))" : "x"}; }
fn greatest(x: Word) -> f32 { return ${vector ? "max(max(x.x, x.y), max(x.z, x.w))" : "x"}; }
fn penalised(row: Row, w: u32, x: Word) -> Word {${seen ? penalty : ""}
  return x;
}
fn weights(row: Row, z: Word) -> Word { return exp(max((z - row.top) * row.scale, Word(-87.2))); }
fn kept(row: Row, z: Word, lowest: u32) -> Word { return select(Word(), weights(row, z), keys(z) >= Keys(lowest)); }
fn key(z: f32) -> u32 { return keys(Word(z))${componentsOf(vector)[0]}; }
${keysOf(word("u32") as "u32" | "vec4<u32>")}
fn keys(z: Word) -> Keys { return keysOf(bitcast<Keys>(z)); }`;
}

/**
 * WGSL: `cut`, the least key such that the measure above it (a count, or a sum of weights) is below `limit`; it is
 * between `lowest` and `highest`, the maximum. Each round measures above four keys, and continues between two of them:
 * at most fourteen rounds. To be called in uniform control flow.
 */
export function cut(vector: boolean): string {
  const components = componentsOf(vector);
  const add = (i: number) =>
    `measured += select(vec4<f32>(), vec4<f32>(one${components[i]}), vec4<u32>(at${components[i]}) > tops);`;
  return /* wgsl */ `
var<workgroup> bounds: vec2<u32>;
fn cut(row: Row, lowest: u32, highest: u32, limit: f32, counting: bool, lane: u32) -> u32 {
  if (lane == 0) { bounds = vec2<u32>(lowest, highest); }
  var range = workgroupUniformLoad(&bounds);
  while (range.x < range.y) {
    let part = (range.y - range.x + 5) / 5;
    let tops = min(range.x + part * vec4<u32>(1, 2, 3, 4) - 1, vec4<u32>(range.y));
    var measured = vec4<f32>();
    for (var w = lane; w < sizes.W; w += LANES) {
      let z = penalised(row, w, logits[row.start + w]);
      let at = keys(z);
      let one = select(weights(row, z), Word(1.0), counting);
      ${unroll(components.length, add)}
    }
    let above = sumVectors(lane, measured) < vec4<f32>(limit);
    if (lane == 0) {
      var next = vec2<u32>(tops.w + 1, range.y);
      for (var i = 3i; i >= 0; i--) {
        if (above[i]) { next = vec2<u32>(select(range.x, tops[max(i, 1) - 1] + 1, i > 0), tops[i]); }
      }
      bounds = next;
    }
    range = workgroupUniformLoad(&bounds);
  }
  return range.x;
}`;
}
