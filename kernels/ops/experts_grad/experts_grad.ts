/**
 * Derivatives of the mixture of LoRAs, and functions of its slots (row, choice). Which kernel runs where.
 *
 * @module
 */
import {
  dotSlotsOp,
  expertOuterOp,
  expertTransposedOp,
  loraGatedUnitGradOp,
  sumSlotsOp,
  weightSlotsOp,
} from "../../../src/ops/experts_grad.ts";
import { tiled } from "../experts/experts.ts";
import { chosenProducts } from "../experts/project.ts";
import { defineKernel } from "../../host/kernel.ts";
import { perWord } from "../../wgsl/launch.ts";
import { wordsOf } from "../../wgsl/words.ts";
import { products } from "../rows_grad.ts";
import { outer } from "./outer.ts";
import { unitGradElements, unitGradTiles } from "./unit.ts";

/** Products with the columns of a chosen expert's matrix: the terms of a word are Q numbers apart. */
export const expertTransposed = defineKernel(expertTransposedOp, ({ inputs, params: { scale }, adapter }) => {
  const { x, a, experts, offsets } = inputs;
  const [E, P, Q] = a.shape;
  const term = (w: string) => (part: number) => `a[((e * W + ${w}) * 4 + ${part}) * R + r]`;
  return [chosenProducts({
    label: "expertTransposed",
    ...{ x, experts, offsets, scale, sizes: [E, Q, P] },
    element: () => "f32",
    word: (vector, w) => vector ? `vec4<f32>(${[0, 1, 2, 3].map(term(w))})` : `a[(e * W + ${w}) * R + r]`,
  }, adapter)];
});

/** The gradient of every expert's matrix. */
export const expertOuter = defineKernel(expertOuterOp, outer);

/** The derivative of the gated unit at every chosen expert's input. */
export const loraGatedUnitGrad = defineKernel(loraGatedUnitGradOp, (call) => {
  const { experts, b } = call.inputs;
  return [tiled(experts.shape[0], b.shape[2]) ? unitGradTiles(call) : unitGradElements(call)];
});

/** y[m, j] = weights[m, j]·x[m] (or x[m, j]). */
export const weightSlots = defineKernel(weightSlotsOp, ({ inputs: { x, weights, offsets } }) => {
  const [M, k] = weights.shape;
  const { W, word } = wordsOf(x.shape.at(-1)!);
  return [perWord({
    label: "weightSlots",
    ...{ rows: M, offsets, each: k * W },
    constants: { W },
    elements: { x: word, y: word },
    statements: `y[at] = weights[at / W] * x[${x.shape.length === 2 ? "m * W + at % W" : "at"}];`,
  })];
});

/** y[m] = Σ_j x[m, j]. */
export const sumSlots = defineKernel(sumSlotsOp, ({ inputs: { x, offsets } }) => {
  const [M, k, F] = x.shape;
  const { W, word } = wordsOf(F);
  return [perWord({
    label: "sumSlots",
    ...{ rows: M, offsets, each: W },
    constants: { TOP: k },
    elements: { x: word, y: word },
    statements: /* wgsl */ `
  var sum = ${word}();
  for (var j = 0u; j < TOP; j++) { sum += x[(m * TOP + j) * EACH + w]; }
  y[at] = sum;`,
  })];
});

/** y[m, j] = a[m, j]·b[m] (or b[m, j]); a work group a slot. */
export const dotSlots = defineKernel(dotSlotsOp, ({ inputs: { a, b, offsets }, adapter }) => {
  const [rows, k, terms] = a.shape;
  const other = b.shape.length === 2 ? "s / EACH" : "s";
  return [products({ label: "dotSlots", rows, each: k, terms, offsets, other }, adapter)];
});
