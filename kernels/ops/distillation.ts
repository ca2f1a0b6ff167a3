/**
 * Distillation: a work group reads a row of two inputs of the same shape.
 *
 * @module
 */
import type { Tensor } from "../../src/op/op.ts";
import { cosineDistanceOp, klDivergenceOp } from "../../src/ops/distillation.ts";
import type { Adapter } from "../host/adapter.ts";
import { grid } from "../host/grid.ts";
import { defineKernel, type Dispatch } from "../host/kernel.ts";
import { perRow } from "../wgsl/launch.ts";
import { powerOfTwoWgsl } from "../wgsl/math.ts";
import { maxLanes, rowLanes, sumLanes } from "../wgsl/reduce.ts";
import { wordsOf } from "../wgsl/words.ts";

/** Two inputs of equal shape. */
export interface Pair {
  /** Shape of both. */
  readonly shape: readonly number[];
  /** Where the live rows end. */
  readonly offsets: Tensor | undefined;
  /** What the adapter can do. */
  readonly adapter: Adapter;
}

/** A function of two softened rows. */
interface Softened {
  /** Temperature τ, which divides the logits. */
  readonly temperature: number;
  /** WGSL: declares more sums, before the loop over the words. */
  readonly before?: string;
  /** WGSL: a step of the loop, which sees the logits s and t and their exponentials powerS and powerT. */
  readonly each?: string;
  /** WGSL: what follows in every lane; sumS and sumT are known. */
  readonly store: string;
  /** Name of an output of the same shape. */
  readonly wide?: string;
}

/** Logits of student and teacher relative to their maximum, over τ: nothing overflows, and a masked column has weight 0. */
export function softenedRows({ shape: [M, V], offsets, adapter }: Pair, label: string, task: Softened): Dispatch {
  const { W, word, sum, max } = wordsOf(V);
  const lanes = rowLanes(adapter, W);
  return perRow({
    label,
    ...{ rows: M, offsets, lanes },
    constants: { W },
    floats: { TAU: task.temperature, INVERSE: 1 / task.temperature },
    elements: { student: word, teacher: word, ...(task.wide ? { [task.wide]: word } : {}) },
    workgroups: grid(V === 0 ? 0 : M),
    functions: `${maxLanes(lanes)}${sumLanes(lanes)}
fn power(z: ${word}) -> ${word} { return exp(max(z, ${word}(-87.2))); }`,
    statements: /* wgsl */ `
  let row = m * W;
  var mostS = student[row + min(lane, W - 1)];
  var mostT = teacher[row + min(lane, W - 1)];
  for (var w = lane + LANES; w < W; w += LANES) {
    mostS = max(mostS, student[row + w]);
    mostT = max(mostT, teacher[row + w]);
  }
  let topS = maxLanes(lane, ${max("mostS")});
  let topT = maxLanes(lane, ${max("mostT")});
  var termsS = ${word}();
  var termsT = ${word}();
  ${task.before ?? ""}
  for (var w = lane; w < W; w += LANES) {
    let s = (student[row + w] - topS) * INVERSE;
    let t = (teacher[row + w] - topT) * INVERSE;
    let powerS = power(s);
    let powerT = power(t);
    termsS += powerS;
    termsT += powerT;
    ${task.each ?? ""}
  }
  let sumS = sumLanes(lane, ${sum("termsS")});
  let sumT = sumLanes(lane, ${sum("termsT")});
  ${task.store}`,
  });
}

/** kl = τ²·(Σ e^t·(t − s) / Σ e^t + log Σ e^s − log Σ e^t), which rounding does not make negative. */
export const klDivergence = defineKernel(
  klDivergenceOp,
  ({ inputs: { student: { shape }, offsets }, params: { temperature }, adapter }) => {
    const { word, sum } = wordsOf(shape[1]);
    return [softenedRows({ shape, offsets, adapter }, "klDivergence", {
      temperature,
      before: `var gaps = ${word}();`,
      each: `gaps += select(powerT * (t - s), ${word}(), t < ${word}(-87.2));`,
      store: /* wgsl */ `
  let gap = sumLanes(lane, ${sum("gaps")});
  if (lane == 0) { kl[m] = (TAU * TAU) * max(gap / sumT + (log(sumS) - log(sumT)), 0.0); }`,
    })];
  },
);

/**
 * The angle between rows of a and b: `store`, which every lane of a row's work group runs, sees `m`, `row`, overA = 1/‖a‖
 * and overB = 1/‖b‖ (0 for zero rows), and `cosine`. Rows are scaled by powers of two: no square overflows or underflows.
 */
export function angles(
  { shape: [M, D], offsets, adapter }: Pair,
  label: string,
  store: string,
  wide?: string,
): Dispatch {
  const { W, word, max, dot } = wordsOf(D);
  const lanes = rowLanes(adapter, W);
  return perRow({
    label,
    ...{ rows: M, offsets, lanes },
    constants: { W },
    elements: { a: word, b: word, ...(wide ? { [wide]: word } : {}) },
    workgroups: grid(wide && D === 0 ? 0 : M),
    functions: `${sumLanes(lanes)}${maxLanes(lanes)}${powerOfTwoWgsl}
fn inverseNorm(square: f32) -> f32 { return select(0.0, inverseSqrt(square), square > 0.0); }`,
    statements: /* wgsl */ `
  let row = m * W;
  var mostA = ${word}();
  var mostB = ${word}();
  for (var w = lane; w < W; w += LANES) {
    mostA = max(mostA, abs(a[row + w]));
    mostB = max(mostB, abs(b[row + w]));
  }
  let powerA = powerOfTwo(maxLanes(lane, ${max("mostA")}));
  let powerB = powerOfTwo(maxLanes(lane, ${max("mostB")}));
  var products = vec3<f32>();
  for (var w = lane; w < W; w += LANES) {
    let p = a[row + w] * powerA;
    let q = b[row + w] * powerB;
    products += vec3<f32>(${dot("p", "q")}, ${dot("p", "p")}, ${dot("q", "q")});
  }
  let along = sumLanes(lane, products.x);
  let inverseA = inverseNorm(sumLanes(lane, products.y)); // of the scaled row
  let inverseB = inverseNorm(sumLanes(lane, products.z));
  let overA = inverseA * powerA;
  let overB = inverseB * powerB;
  let cosine = clamp(along * inverseA * inverseB, -1.0, 1.0);
  ${store}`,
  });
}

/** y = 1 − a·b/(‖a‖‖b‖), between 0 and 2. */
export const cosineDistance = defineKernel(cosineDistanceOp, ({ inputs: { a: { shape }, offsets }, adapter }) => [
  angles({ shape, offsets, adapter }, "cosineDistance", "if (lane == 0) { y[m] = 1.0 - cosine; }"),
]);
