/**
 * Mixture of LoRAs: only chosen experts are computed. Which kernel runs where.
 *
 * @module
 */
import { expertExpandOp, expertProjectOp, expertUnitOp } from "../../src/ops/experts.ts";
import { defineKernel } from "../kernel.ts";
import { expandElements, projectElements, unitElements } from "./elements.ts";
import { projectChosen } from "./project.ts";
import { expandTiles, unitTiles } from "./tiles.ts";

/** Whether an expert's row of B, of this rank, stays in registers while the rows of a tile pass by. */
function tiled(M: number, R: number): boolean {
  return M >= 8 && R % 4 === 0 && 0 < R && R <= 32;
}

/** Into the rank: on CPU adapters several slots of an expert share what is read of A. */
export const expertProject = defineKernel(expertProjectOp, (call) => {
  const [M] = call.inputs.experts.shape;
  const shared = call.adapter.family === "cpu" && M >= 8 && call.inputs.a.shape[2] % 4 === 0;
  return [shared ? projectChosen(call) : projectElements(call)];
});

/** Gated units of the chosen experts, and their mixture. */
export const expertUnit = defineKernel(expertUnitOp, (call) => {
  const { experts, b } = call.inputs;
  return [tiled(experts.shape[0], b.shape[2]) ? unitTiles(call) : unitElements(call)];
});

/** Out of the rank. */
export const expertExpand = defineKernel(expertExpandOp, (call) => {
  const { experts, b } = call.inputs;
  return [tiled(experts.shape[0], b.shape[2]) ? expandTiles(call) : expandElements(call)];
});
