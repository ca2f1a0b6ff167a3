/**
 * Filters as a least key, without sorting: a logit stays if what is greater measures less than a limit.
 *
 * @module
 */

/**
 * WGSL: a row of logits with its penalty and temperature; `penalised` logits, their `weight`, and their `key`, a whole
 * number in the same order.
 */
export function rowOf(seen: boolean): string {
  const penalty = /* wgsl */ `
  if (row.penalty != 1.0 && seen[row.start + v] > 0) { return select(x * row.penalty, x / row.penalty, x > 0.0); }`;
  return /* wgsl */ `
struct Row {
  start: u32,
  top: f32,
  scale: f32,
  penalty: f32,
}
fn penalised(row: Row, v: u32) -> f32 {
  let x = logits[row.start + v];${seen ? penalty : ""}
  return x;
}
fn weight(row: Row, z: f32) -> f32 { return exp(max((z - row.top) * row.scale, -87.2)); }
fn key(z: f32) -> u32 {
  let bits = bitcast<u32>(z);
  if (z == 0.0) { return 0x80000000u; }
  return select(bits | 0x80000000u, ~bits, bits > 0x7fffffffu);
}`;
}

/**
 * WGSL: `cut`, the least key above which less than `limit` lies, counted or weighed; it is between `lowest` and `highest`,
 * above which nothing lies. Each round measures what is above four keys, and goes on between two of them: at most fourteen
 * rounds. To be called in uniform control flow.
 */
export const cut: string = /* wgsl */ `
var<workgroup> bounds: vec2<u32>;
fn cut(row: Row, lowest: u32, highest: u32, limit: f32, counting: bool, lane: u32) -> u32 {
  if (lane == 0) { bounds = vec2<u32>(lowest, highest); }
  var range = workgroupUniformLoad(&bounds);
  while (range.x < range.y) {
    let part = (range.y - range.x + 5) / 5;
    let keys = min(range.x + part * vec4<u32>(1, 2, 3, 4) - 1, vec4<u32>(range.y));
    var measured = vec4<f32>();
    for (var v = lane; v < sizes.V; v += LANES) {
      let z = penalised(row, v);
      let one = select(weight(row, z), 1.0, counting);
      measured += select(vec4<f32>(), vec4<f32>(one), vec4<u32>(key(z)) > keys);
    }
    let above = sumVectors(lane, measured) < vec4<f32>(limit);
    if (lane == 0) {
      var next = vec2<u32>(keys.w + 1, range.y);
      for (var i = 3i; i >= 0; i--) {
        if (above[i]) { next = vec2<u32>(select(range.x, keys[max(i, 1) - 1] + 1, i > 0), keys[i]); }
      }
      bounds = next;
    }
    range = workgroupUniformLoad(&bounds);
  }
  return range.x;
}`;
