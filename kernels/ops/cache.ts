/**
 * KV caches, written in place.
 *
 * @module
 */
import { cacheWriteOp } from "../../src/ops/cache.ts";
import { defineKernel } from "../host/kernel.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { wordsOf } from "./rows.ts";

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
