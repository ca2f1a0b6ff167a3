/**
 * Attention of few rows over many keys (decoding): a work group per row and head, keys split among its lanes.
 *
 * @module
 */
import type { Dispatch } from "../../host/kernel.ts";
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import { wordsOf } from "../../wgsl/words.ts";
import { type AttentionCall, NOTHING } from "./plain.ts";

/** Lanes of a work group, and keys of a step. */
const LANES = 64;

/** Vectors (or numbers) of a head at most: a lane each. */
export const SPLIT_UNITS: number = LANES;

/**
 * Each step has two halves: a lane scores one key each; then a lane adds up one vector of the values, of every
 * LANES/width-th key, with an online softmax of its own. At the end the sums of the lanes of one vector are combined.
 */
export function split({ inputs: { q, offsets }, params: { H, G, K } }: AttentionCall): Dispatch {
  const M = q.shape[0];
  const { W: units, word: element, dot } = wordsOf(K);
  const width = 2 ** Math.ceil(Math.log2(units));
  return {
    label: `attention.split ${LANES / width} ways`,
    elements: { q: element, kv: element, y: element },
    constants: { UNITS: units, WIDTH: width },
    floats: { SCALE: 1 / Math.sqrt(K) },
    sizes: { ...rowSizes(M, offsets), H, G },
    workgroups: grid(M * H),
    lanes: LANES,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
var<workgroup> scores: array<f32, ${LANES}>;
var<workgroup> highest: array<f32, ${LANES}>;
var<workgroup> weights: array<f32, ${LANES}>;
var<workgroup> sums: array<${element}, ${LANES}>;
fn run(at: u32, lane: u32) {
  let m = at / sizes.H;
  if (m >= liveRows()) { return; }
  let stride = 2 * sizes.G * UNITS;
  let keyHead = at % sizes.H * sizes.G / sizes.H * UNITS;
  let part = lane / WIDTH;
  let unit = min(lane % WIDTH, UNITS - 1);
  let valueHead = keyHead + sizes.G * UNITS + unit;
  let end = u32(ranges[2 * m + 1]);
  var most = f32(${NOTHING});
  var weight = 0.0;
  var sum = ${element}();
  for (var n = u32(ranges[2 * m]); n < end; n += ${LANES}) {
    let count = min(${LANES}, end - n);
    if (lane < count) {
      let key = (n + lane) * stride + keyHead;
      var score = 0.0;
      for (var u = 0u; u < UNITS; u++) { score += ${dot("q[at * UNITS + u]", "kv[key + u]")}; }
      scores[lane] = score * SCALE;
    }
    workgroupBarrier();
${addValues}
    workgroupBarrier();
  }
${merge}
  y[at * UNITS + lane] = sum * select(0.0, 1.0 / weight, weight > 0.0);
}`,
  };
}

/** Adds a lane's share of a step's values to its sums. */
const addValues = /* wgsl */ `
    for (var t = part; t < count; t += ${LANES} / WIDTH) {
      let higher = max(most, scores[t]);
      let kept = exp(most - higher);
      let share = exp(scores[t] - higher);
      most = higher;
      weight = weight * kept + share;
      sum = sum * kept + share * kv[(n + t) * stride + valueHead];
    }`;

/** Combines the sums of the lanes of one vector in the first of them. */
const merge = /* wgsl */ `
  highest[lane] = most;
  weights[lane] = weight;
  sums[lane] = sum;
  workgroupBarrier();
  if (lane >= UNITS) { return; }
  for (var other = lane + WIDTH; other < ${LANES}; other += WIDTH) {
    let higher = max(most, highest[other]);
    let kept = exp(most - higher);
    let share = exp(highest[other] - higher);
    most = higher;
    weight = weight * kept + weights[other] * share;
    sum = sum * kept + sums[other] * share;
  }`;
