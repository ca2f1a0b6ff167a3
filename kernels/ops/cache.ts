/**
 * KV caches, written in place.
 *
 * @module
 */
import { appendPlacesOp, cacheWriteOp } from "../../src/ops/cache.ts";
import { defineKernel } from "../host/kernel.ts";
import { grid, liveRows, rowSizes, sequenceOf } from "../host/grid.ts";
import { wordsOf } from "./rows.ts";

/** One invocation per new row, which finds its sequence by bisection; then one per sequence for its new length. */
export const appendPlaces = defineKernel(appendPlacesOp, ({ inputs: { lengths }, params: { C, M } }) => {
  const [B] = lengths.shape;
  return [{
    label: "appendPlaces",
    sizes: { M, B, C },
    workgroups: grid(Math.ceil((M + B) / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${sequenceOf}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  let capacity = i32(sizes.C);
  if (at >= sizes.M) {
    let b = at - sizes.M;
    if (b < sizes.B) { grown[b] = min(capacity, lengths[b] + offsets[b + 1] - offsets[b]); }
    return;
  }
  places[at] = -1;
  ranges[2 * at] = 0;
  ranges[2 * at + 1] = 0;
  if (i32(at) >= offsets[sizes.B]) { return; }
  let b = sequenceOf(at);
  let place = lengths[b] + i32(at) - offsets[b];
  let first = i32(b) * capacity;
  ranges[2 * at] = first;
  ranges[2 * at + 1] = first + min(capacity, place + 1);
  if (place < capacity) { places[at] = first + place; }
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
