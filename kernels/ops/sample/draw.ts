import { DRAW_SALT, NO_TOKEN, sampleOp } from "../../../src/ops/sample.ts";
import type { Adapter } from "../../host/adapter.ts";
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import { defineKernel } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";
import { randomWgsl } from "../../wgsl/random.ts";
import { maxLanes, sumVectors } from "../../wgsl/reduce.ts";
import { componentsOf, cut, rowOf } from "./cut.ts";

/**
 * Invocations that share a row: few on a CPU adapter, unless its twenty loops over the row would exceed the limit on
 * rounds.
 */
function lanesFor({ family }: Adapter, words: number): number {
  if (family === "cpu") return words > 8192 ? 64 : 8;
  return words > 1024 ? 256 : 64;
}

/** Words up to which a share is searched serially, not divided among the lanes. */
const SERIAL = 4;

/** WGSL: sums over the words from `start` to `end`: of the weights after filtering, and of e^(logit − most). */
const share = /* wgsl */ `
fn share(row: Row, lowest: u32, start: u32, end: u32) -> vec4<f32> {
  var own = Word();
  var terms = Word();
  for (var w = start; w < end; w++) {
    let x = logits[row.start + w];
    terms += exp(max(x - row.most, Word(-87.2)));
    own += kept(row, penalised(row, w, x), lowest);
  }
  return vec4<f32>(total(own), total(terms), 0.0, 0.0);
}`;

/**
 * WGSL: the id at which the running sum of weights exceeds u times all of them, its logit, and Σ e^(logit − most) over all
 * ids. Every lane sums a share of neighbouring words; the share that holds the id is divided again, until it is small.
 */
function draw(vector: boolean): string {
  const components = componentsOf(vector);
  const look = (i: number) =>
    `if (one${components[i]} > 0.0 && after <= aim) {
      drawn.id = w * ${components.length} + ${i};
      drawn.logit = x${components[i]};
      after += one${components[i]};
    }`;
  return /* wgsl */ `
struct Drawn {
  id: u32,
  logit: f32,
  sum: f32,
}
fn draw(row: Row, lowest: u32, u: f32, lane: u32) -> Drawn {
  var first = 0u;
  var end = sizes.W;
  var size = (sizes.W + LANES - 1) / LANES;
  var own = share(row, lowest, lane * size, min(lane * size + size, end));
  let sums = sumVectors(lane, own);
  let aim = u * sums.x;
  var sum = 0.0; // of the weights of earlier words
  loop {
    workgroupBarrier();
    shares[lane] = own.x;
    workgroupBarrier();
    var owner = 0u;
    var after = sum;
    for (var i = 0u; i < LANES && after <= aim; i++) {
      let other = shares[i];
      if (other > 0.0) {
        owner = i;
        sum = after;
        after += other;
      }
    }
    first += owner * size;
    end = min(first + size, end);
    if (size <= ${SERIAL}) { break; }
    size = (size + LANES - 1) / LANES;
    let start = first + lane * size;
    own = share(row, lowest, start, min(start + size, end));
  }
  var drawn = Drawn(0, 0.0, sums.y);
  var after = sum;
  for (var w = first; w < end; w++) {
    let x = logits[row.start + w];
    let one = kept(row, penalised(row, w, x), lowest);
    ${unroll(components.length, look)}
  }
  return drawn;
}`;
}

/**
 * WGSL: `inspect` detects a NaN or +∞ among the logits by its bits: compilers may assume that there is none.
 */
const inspect = /* wgsl */ `
var<workgroup> fault: atomic<u32>;
fn inspect(x: Word) {
  let bits = bitcast<Keys>(x);
  let wrong = (bits & Keys(0x7f800000u)) == Keys(0x7f800000u);
  if (any(wrong & (bits != Keys(0xff800000u)))) { atomicStore(&fault, 1u); }
}`;

/** WGSL: the results of a row, written by its first lane. */
const result = /* wgsl */ `
  if (lane == 0) {
    let none = atomicLoad(&fault) != 0 || bitcast<u32>(row.most) == 0xff800000u;
    ids[b] = select(i32(drawn.id), ${NO_TOKEN}, none);
    logProbs[b] = select(drawn.logit - row.most - log(drawn.sum), 0.0, none);
  }`;

/** One work group a row: the filters become a least key, see {@link cut}; then one id is drawn. */
export const sample = defineKernel(sampleOp, ({ inputs: { logits, seen, offsets }, adapter }) => {
  const [B, V] = logits.shape;
  const vector = V % 4 === 0;
  const W = vector ? V / 4 : V;
  const lanes = lanesFor(adapter, W);
  return [{
    label: "sample",
    constants: { LANES: lanes },
    sizes: { ...rowSizes(B, offsets), W }, // of run time: a shader for all vocabularies
    elements: vector ? { logits: "vec4<f32>", seen: "vec4<i32>" } : undefined,
    workgroups: grid(B),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${randomWgsl}
${maxLanes(lanes)}
${sumVectors(lanes)}
var<workgroup> shares: array<f32, ${lanes}>;
${rowOf(seen !== undefined, vector)}
${cut(vector)}
${inspect}
${share}
${draw(vector)}
fn run(b: u32, lane: u32) {
  if (b >= liveRows()) { return; }
  let temperature = options[5 * b];
  let topK = options[5 * b + 1];
  let topP = options[5 * b + 2];
  let minP = options[5 * b + 3];
  let scale = select(0.0, 1.0 / temperature, temperature > 0.0);
  var row = Row(b * sizes.W, 0.0, 0.0, scale, options[5 * b + 4]);
  var most = logits[row.start + min(lane, sizes.W - 1)];
  var top = penalised(row, min(lane, sizes.W - 1), most);
  inspect(most);
  for (var w = lane + LANES; w < sizes.W; w += LANES) {
    let x = logits[row.start + w];
    inspect(x);
    most = max(most, x);
    top = max(top, penalised(row, w, x));
  }
  row.most = maxLanes(lane, greatest(most));
  row.top = ${seen ? "maxLanes(lane, greatest(top))" : "row.most"};
  let highest = key(row.top);
  var lowest = select(0u, highest, temperature == 0.0);
  if (topK > 0.0) { lowest = max(lowest, cut(row, lowest, highest, topK, true, lane)); }
  if (minP > 0.0) { lowest = max(lowest, key(row.top + min(temperature * log(minP), 0.0))); }
  if (topP < 1.0) {
    var remaining = Word();
    for (var w = lane; w < sizes.W; w += LANES) {
      remaining += kept(row, penalised(row, w, logits[row.start + w]), lowest);
    }
    let limit = topP * sumVectors(lane, vec4<f32>(total(remaining))).x;
    lowest = cut(row, lowest, highest, limit, false, lane);
  }
  let u = uniformAt(seeds[b], ${DRAW_SALT}u, vec4<u32>(bitcast<u32>(counters[b]))).x;
  let drawn = draw(row, lowest, select(0.0, u, temperature > 0.0), lane);
${result}
}`,
  }];
});
