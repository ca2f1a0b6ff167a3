/**
 * Derivatives of the mixture of LoRAs, and what is done with the slots (row, choice) on the way. Which kernel runs where.
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
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import { defineKernel } from "../../host/kernel.ts";
import { wordsOf } from "../rows.ts";
import { products } from "../rows_grad.ts";
import { outer } from "./outer.ts";
import { unitGradElements, unitGradTiles } from "./unit.ts";

/** Products with the columns of a chosen expert's matrix: the terms of a word are Q numbers apart. */
export const expertTransposed = defineKernel(expertTransposedOp, ({ inputs, params: { scale }, adapter }) => {
  const { x, a, experts, offsets } = inputs;
  const [E, P, Q] = a.shape;
  const term = (part: number) => `a[((e * W + w) * 4 + ${part}) * R + r]`;
  return [chosenProducts({
    label: "expertTransposed",
    ...{ x, experts, offsets, scale, sizes: [E, Q, P] },
    element: () => "f32",
    word: (vector) => vector ? `vec4<f32>(${[0, 1, 2, 3].map(term)})` : "a[(e * W + w) * R + r]",
  }, adapter)];
});

/** The gradient of every expert's matrix. */
export const expertOuter = defineKernel(expertOuterOp, outer);

/** The derivative of the gated unit at every chosen expert's input. */
export const loraGatedUnitGrad = defineKernel(loraGatedUnitGradOp, (call) => {
  const { experts, b } = call.inputs;
  return [tiled(experts.shape[0], b.shape[2]) ? unitGradTiles(call) : unitGradElements(call)];
});

/** y[m, j] = weights[m, j]·x[m] (or x[m, j]); one invocation a word. */
export const weightSlots = defineKernel(weightSlotsOp, ({ inputs: { x, weights, offsets } }) => {
  const [M, k] = weights.shape;
  const { vector, W } = wordsOf(x.shape.at(-1)!);
  const word = vector ? "vec4<f32>" : "f32";
  return [{
    label: "weightSlots",
    constants: { W, TOP: k },
    sizes: rowSizes(M, offsets),
    elements: { x: word, y: word },
    workgroups: grid(Math.ceil(M * k * W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  let slot = at / W;
  if (slot >= liveRows() * TOP) { return; }
  y[at] = weights[slot] * x[${x.shape.length === 2 ? "slot / TOP * W + at % W" : "at"}];
}`,
  }];
});

/** y[m] = Σ_j x[m, j]; one invocation a word. */
export const sumSlots = defineKernel(sumSlotsOp, ({ inputs: { x, offsets } }) => {
  const [M, k, F] = x.shape;
  const { vector, W } = wordsOf(F);
  const word = vector ? "vec4<f32>" : "f32";
  return [{
    label: "sumSlots",
    constants: { W, TOP: k },
    sizes: rowSizes(M, offsets),
    elements: { x: word, y: word },
    workgroups: grid(Math.ceil(M * W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  let m = at / W;
  if (m >= liveRows()) { return; }
  var sum = ${word}();
  for (var j = 0u; j < TOP; j++) { sum += x[(m * TOP + j) * W + at % W]; }
  y[at] = sum;
}`,
  }];
});

/** y[m, j] = a[m, j]·b[m] (or b[m, j]); a work group a slot. */
export const dotSlots = defineKernel(dotSlotsOp, ({ inputs: { a, b, offsets }, adapter }) => {
  const [rows, k, terms] = a.shape;
  const other = b.shape.length === 2 ? "s / EACH" : "s";
  return [products({ label: "dotSlots", rows, each: k, terms, offsets, other }, adapter)];
});
