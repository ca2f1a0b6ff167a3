/**
 * Distillation: two rows at a time, by a work group, or by one invocation where they are short.
 *
 * @module
 */
import type { Tensor } from "../../src/op/op.ts";
import { cosineDistanceOp, klDivergenceOp } from "../../src/ops/distillation.ts";
import { wordsOf } from "./activation.ts";
import type { Adapter } from "../host/adapter.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel, type Dispatch } from "../host/kernel.ts";
import { powerOfTwoWgsl } from "../wgsl/math.ts";
import { maxLanes, rowLanes, sumLanes } from "../wgsl/reduce.ts";

/** Two inputs of equal shape, live rows, and what the machine is. */
export interface Pair {
  /** Shape of both. */
  readonly shape: readonly number[];
  /** Where the live rows end. */
  readonly offsets: Tensor | undefined;
  /** What the adapter can do. */
  readonly adapter: Adapter;
}

/** Rows of so few columns are one invocation's. */
const FEW = 32;

/** WGSL: reductions of an invocation that has a row for itself. */
const alone = /* wgsl */ `
fn maxLanes(lane: u32, value: f32) -> f32 { return value; }
fn sumLanes(lane: u32, value: f32) -> f32 { return value; }`;

/** What is done with two softened rows. */
interface Softened {
  /** Logits are divided by it. */
  readonly temperature: number;
  /** WGSL: declares more sums, before the loop over the words. */
  readonly before?: string;
  /** WGSL: a step of the loop: s and t, the logits; powerS and powerT, their exponentials. */
  readonly each?: string;
  /**
   * WGSL: what follows, in every lane, which goes over the words `w = first; w < W; w += STEP`; sumS and sumT are known,
   * and `writes` says whether the lane is the one to write of its row.
   */
  readonly store: string;
  /** Elements of an output of the same shape. */
  readonly wide?: string;
}

/** Logits of student and teacher relative to their greatest over τ; nothing overflows, and a masked column weighs nothing. */
export function softenedRows({ shape: [M, V], offsets, adapter }: Pair, label: string, task: Softened): Dispatch {
  const { vector, W, word } = wordsOf(V);
  const few = V <= FEW;
  const lanes = few ? 64 : rowLanes(adapter, W);
  return {
    label: few ? `${label}.few` : label,
    constants: { W, LANES: lanes, STEP: few ? 1 : lanes },
    floats: { TAU: task.temperature, INVERSE: 1 / task.temperature },
    sizes: rowSizes(M, offsets),
    elements: { student: word, teacher: word, ...(task.wide ? { [task.wide]: word } : {}) },
    workgroups: grid(V === 0 ? 0 : few ? Math.ceil(M / lanes) : M),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${few ? alone : maxLanes(lanes) + sumLanes(lanes)}
fn power(z: ${word}) -> ${word} { return exp(max(z, ${word}(-87.2))); }
fn run(group: u32, lane: u32) {
  let m = ${few ? "group * LANES + lane" : "group"};
  if (m >= liveRows()) { return; }
  let row = m * W;
  let first = ${few ? "0u" : "lane"};
  let writes = first == 0;
  var mostS = student[row + min(first, W - 1)];
  var mostT = teacher[row + min(first, W - 1)];
  for (var w = first + STEP; w < W; w += STEP) {
    mostS = max(mostS, student[row + w]);
    mostT = max(mostT, teacher[row + w]);
  }
  let topS = maxLanes(lane, ${peakOf(vector, "mostS")});
  let topT = maxLanes(lane, ${peakOf(vector, "mostT")});
  var termsS = ${word}();
  var termsT = ${word}();
  ${task.before ?? ""}
  for (var w = first; w < W; w += STEP) {
    let s = (student[row + w] - topS) * INVERSE;
    let t = (teacher[row + w] - topT) * INVERSE;
    let powerS = power(s);
    let powerT = power(t);
    termsS += powerS;
    termsT += powerT;
    ${task.each ?? ""}
  }
  let sumS = sumLanes(lane, ${total(vector, "termsS")});
  let sumT = sumLanes(lane, ${total(vector, "termsT")});
  ${task.store}
}`,
  };
}

/** WGSL: the greatest of a word's floats. */
function peakOf(vector: boolean, word: string): string {
  return vector ? `max(max(${word}.x, ${word}.y), max(${word}.z, ${word}.w))` : word;
}

/** WGSL: the sum of a word's floats. */
function total(vector: boolean, word: string): string {
  return vector ? `dot(${word}, vec4<f32>(1.0))` : word;
}

/** kl = τ²·(Σ e^t·(t − s) / Σ e^t + log Σ e^s − log Σ e^t), which rounding does not make negative. */
export const klDivergence = defineKernel(
  klDivergenceOp,
  ({ inputs: { student: { shape }, offsets }, params: { temperature }, adapter }) => {
    const { vector, word } = wordsOf(shape[1]);
    return [softenedRows({ shape, offsets, adapter }, "klDivergence", {
      temperature,
      before: `var gaps = ${word}();`,
      each: `gaps += select(powerT * (t - s), ${word}(), t < ${word}(-87.2));`,
      store: /* wgsl */ `
  let gap = sumLanes(lane, ${total(vector, "gaps")});
  if (writes) { kl[m] = (TAU * TAU) * max(gap / sumT + (log(sumS) - log(sumT)), 0.0); }`,
    })];
  },
);

/**
 * The angle of rows of a and b: `store`, which every lane of a row's work group runs, sees `m`, `row`, overA = 1/‖a‖ and
 * overB = 1/‖b‖ (0 for zero rows), and `cosine`. Rows are scaled by powers of two, so that no square overflows or vanishes.
 */
export function angles(
  { shape: [M, D], offsets, adapter }: Pair,
  label: string,
  store: string,
  wide?: string,
): Dispatch {
  const { vector, W, word } = wordsOf(D);
  const lanes = rowLanes(adapter, W);
  const product = (a: string, b: string) => vector ? `dot(${a}, ${b})` : `${a} * ${b}`;
  return {
    label,
    constants: { W, LANES: lanes },
    sizes: rowSizes(M, offsets),
    elements: { a: word, b: word, ...(wide ? { [wide]: word } : {}) },
    workgroups: grid(wide && D === 0 ? 0 : M),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${sumLanes(lanes)}
${maxLanes(lanes)}
${powerOfTwoWgsl}
fn inverseNorm(square: f32) -> f32 { return select(0.0, inverseSqrt(square), square > 0.0); }
fn run(m: u32, lane: u32) {
  if (m >= liveRows()) { return; }
  let row = m * W;
  var mostA = ${word}();
  var mostB = ${word}();
  for (var w = lane; w < W; w += LANES) {
    mostA = max(mostA, abs(a[row + w]));
    mostB = max(mostB, abs(b[row + w]));
  }
  let powerA = powerOfTwo(maxLanes(lane, ${peakOf(vector, "mostA")}));
  let powerB = powerOfTwo(maxLanes(lane, ${peakOf(vector, "mostB")}));
  var products = vec3<f32>();
  for (var w = lane; w < W; w += LANES) {
    let p = a[row + w] * powerA;
    let q = b[row + w] * powerB;
    products += vec3<f32>(${product("p", "q")}, ${product("p", "p")}, ${product("q", "q")});
  }
  let along = sumLanes(lane, products.x);
  let inverseA = inverseNorm(sumLanes(lane, products.y)); // of the scaled row
  let inverseB = inverseNorm(sumLanes(lane, products.z));
  let overA = inverseA * powerA;
  let overB = inverseB * powerB;
  let cosine = clamp(along * inverseA * inverseB, -1.0, 1.0);
  ${store}
}`,
  };
}

/** y = 1 − a·b/(‖a‖‖b‖), between 0 and 2. */
export const cosineDistance = defineKernel(cosineDistanceOp, ({ inputs: { a: { shape }, offsets }, adapter }) => [
  angles({ shape, offsets, adapter }, "cosineDistance", "if (lane == 0) { y[m] = 1.0 - cosine; }"),
]);
