/**
 * KV caches, written in place.
 *
 * @module
 */
import { cacheAppendOp, cacheWriteOp } from "../src/ops/cache.ts";
import { defineKernel } from "./kernel.ts";
import { grid, liveRows, rowSizes, sequenceOf } from "./grid.ts";
import { wordsOf } from "./rows.ts";

/**
 * One invocation per four columns (or one) of a new row, which finds the row's sequence by bisection; then one per
 * sequence for its new length. Ranges of rows that are not live are empty.
 */
export const cacheAppend = defineKernel(cacheAppendOp, ({ inputs: { x, offsets }, params: { C } }) => {
  const [M, W] = x.shape;
  const B = offsets.shape[0] - 1;
  const wide = W % 4 === 0;
  const element = wide ? "vec4<f32>" : "f32";
  const columns = Math.max(1, wide ? W / 4 : W); // rows without columns have ranges too
  return [{
    label: wide ? "cacheAppend.wide" : "cacheAppend",
    elements: { x: element, cache: element },
    constants: { COLUMNS: columns, EMPTY: W === 0 ? 1 : 0 },
    sizes: { M, B, C },
    workgroups: grid(Math.ceil((M * columns + B) / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${sequenceOf}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  let m = at / COLUMNS;
  let column = at % COLUMNS;
  let capacity = i32(sizes.C);
  if (m >= sizes.M) {
    let b = at - sizes.M * COLUMNS;
    if (b < sizes.B) { grown[b] = min(capacity, lengths[b] + offsets[b + 1] - offsets[b]); }
    return;
  }
  if (i32(m) >= offsets[sizes.B]) {
    if (column == 0) {
      ranges[2 * m] = 0;
      ranges[2 * m + 1] = 0;
    }
    return;
  }
  let b = sequenceOf(m);
  let place = lengths[b] + i32(m) - offsets[b];
  let first = i32(b) * capacity;
  if (column == 0) {
    ranges[2 * m] = first;
    ranges[2 * m + 1] = first + min(capacity, place + 1);
  }
  if (place < capacity && EMPTY == 0) { cache[u32(first + place) * COLUMNS + column] = x[at]; }
}`,
  }];
});

/** cache[places[m]] = x[m]; one invocation a word (or four), which may be a float or an integer. */
export const cacheWrite = defineKernel(cacheWriteOp, ({ inputs: { x, places, offsets } }) => {
  const [M] = places.shape;
  const { vector, W } = wordsOf(x.shape[1]);
  const word = vector ? "vec4<u32>" : "u32";
  return [{
    label: vector ? "cacheWrite.wide" : "cacheWrite",
    constants: { W },
    sizes: rowSizes(M, offsets),
    elements: { x: word, cache: word },
    workgroups: grid(Math.ceil(M * W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  let m = at / W;
  if (m >= liveRows()) { return; }
  let place = places[m];
  if (place >= 0) { cache[u32(place) * W + at % W] = x[at]; }
}`,
  }];
});
