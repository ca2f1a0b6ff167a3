/**
 * The likeliest tokens of a row, one after the other: every lane holds the greatest logit of its own words.
 *
 * @module
 */
import { NO_TOKEN } from "../../src/ops/sample.ts";
import { topLogProbsOp } from "../../src/ops/top_log_probs.ts";
import type { Adapter } from "../host/adapter.ts";
import { defineKernel } from "../host/kernel.ts";
import { perRow } from "../wgsl/launch.ts";
import { floatOf, KEY_OF_MINUS_INFINITY, keysOf } from "../wgsl/ordered_keys.ts";
import { greatestPair, MOST_ROUNDS, rowLanes, sumLanes } from "../wgsl/reduce.ts";
import { unroll } from "../wgsl/text.ts";
import { wordsOf } from "../wgsl/words.ts";

/** Invocations that share a row; more on a CPU adapter where the k + 1 loops over a share would exceed the most rounds. */
function lanesFor(adapter: Adapter, words: number, k: number): number {
  const lanes = rowLanes(adapter, words);
  return (k + 1) * Math.ceil(words / lanes) > MOST_ROUNDS ? 256 : lanes;
}

/**
 * WGSL: `greatestAfter(row, last, lane)`, the pair (key, id) that follows `last` in descending order among the words of a
 * lane; (key of −∞, 0xffffffff) where none does. `inspect` notes a NaN or +∞.
 */
function search(vector: boolean): string {
  const components = vector ? [".x", ".y", ".z", ".w"] : [""];
  const look = (i: number) =>
    `pair = vec2<u32>(word${components[i]}, w * ${components.length}u + ${i}u);
    if (pair.x > found.x && (pair.x < last.x || (pair.x == last.x && pair.y > last.y))) { found = pair; }`;
  return /* wgsl */ `
var<workgroup> fault: atomic<u32>;
fn inspect(bits: Bits) {
  let wrong = (bits & Bits(0x7f800000u)) == Bits(0x7f800000u);
  if (any(wrong & (bits != Bits(0xff800000u)))) { atomicStore(&fault, 1u); }
}
fn greatestAfter(row: u32, last: vec2<u32>, lane: u32) -> vec2<u32> {
  var found = vec2<u32>(${KEY_OF_MINUS_INFINITY}u, 0xffffffffu);
  var pair = found;
  for (var w = lane; w < sizes.W; w += LANES) {
    let word = keysOf(logits[row + w]);
    ${unroll(components.length, look)}
  }
  return found;
}`;
}

/** One work group a row. The lane that held the last token finds its next one; the others keep theirs. */
export const topLogProbs = defineKernel(topLogProbsOp, ({ inputs: { logits, offsets }, params: { k }, adapter }) => {
  const [M, V] = logits.shape;
  const { W, vector, word, bits, sum } = wordsOf(V), lanes = lanesFor(adapter, W, k);
  return [perRow({
    label: "topLogProbs",
    ...{ rows: M, offsets, lanes },
    sizes: { W, K: k },
    elements: { logits: bits },
    functions: `alias Bits = ${bits};\nalias Word = ${word};` + keysOf(bits) + floatOf + search(vector) +
      greatestPair(lanes) +
      sumLanes(lanes),
    statements: /* wgsl */ `
  let row = m * sizes.W;
  var own = greatestAfter(row, vec2<u32>(0xffffffffu), lane);
  var best = greatestPair(lane, own);
  let top = floatOf(best.x);
  var terms = Word();
  for (var w = lane; w < sizes.W; w += LANES) {
    let bits = logits[row + w];
    inspect(bits);
    terms += exp(max(bitcast<Word>(bits) - top, Word(-87.2)));
  }
  let logSum = log(sumLanes(lane, ${sum("terms")}));
  for (var j = 0u; j < sizes.K; j++) {
    if (j > 0) { best = greatestPair(lane, own); }
    if (lane == 0) {
      let none = best.x == ${KEY_OF_MINUS_INFINITY}u || atomicLoad(&fault) != 0;
      ids[m * sizes.K + j] = select(i32(best.y), ${NO_TOKEN}, none);
      logProbs[m * sizes.K + j] = select(floatOf(best.x) - top - logSum, 0.0, none);
    }
    if (j + 1 < sizes.K && own.y == best.y) { own = greatestAfter(row, best, lane); }
  }`,
  })];
});
