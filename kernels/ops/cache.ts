/**
 * KV caches, written in place.
 *
 * @module
 */
import { cacheWriteOp } from "../../src/ops/cache.ts";
import { defineKernel } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";
import { wordsOf } from "../wgsl/words.ts";

/** cache[rows[m]] = x[m]; words are copied as bits, of floats or integers. */
export const cacheWrite = defineKernel(cacheWriteOp, ({ inputs: { x, rows, offsets } }) => {
  const { vector, W, bits } = wordsOf(x.shape[1]);
  return [perWord({
    label: vector ? "cacheWrite.wide" : "cacheWrite",
    ...{ rows: rows.shape[0], offsets, each: W },
    elements: { x: bits, cache: bits },
    statements: /* wgsl */ `
  let row = rows[m];
  if (row >= 0) { cache[u32(row) * EACH + w] = x[at]; }`,
  })];
});
