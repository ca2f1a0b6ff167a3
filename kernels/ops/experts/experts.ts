/**
 * Mixture of LoRAs: only chosen experts are computed. Which kernel runs where.
 *
 * @module
 */
import { loraDownOp, loraGatedUnitOp, loraUpOp } from "../../../src/ops/experts.ts";
import { defineKernel } from "../../host/kernel.ts";
import { expandElements, unitElements } from "./elements.ts";
import { chosenProducts } from "./project.ts";
import { expandTiles, unitTiles } from "./tiles.ts";

/** Whether registers hold an expert's row of B of rank R, for tiles of rows. */
export function tiled(M: number, R: number): boolean {
  return M >= 8 && R % 4 === 0 && 0 < R && R <= 32;
}

/** Into the rank: products with the rows of a chosen expert's A. */
export const loraDown = defineKernel(loraDownOp, ({ inputs, adapter }) => {
  const { x, a, experts, offsets } = inputs;
  const [E, R, F] = a.shape;
  return [chosenProducts({
    label: "loraDown",
    ...{ x, experts, offsets, sizes: [E, R, F], scale: 1 },
    element: (word) => word,
    word: (_, w) => `a[(e * R + r) * W + ${w}]`,
  }, adapter)];
});

/** Gated units of the chosen experts, and their mixture. */
export const loraGatedUnit = defineKernel(loraGatedUnitOp, (call) => {
  const { experts, b } = call.inputs;
  return [tiled(experts.shape[0], b.shape[2]) ? unitTiles(call) : unitElements(call)];
});

/** Out of the rank. */
export const loraUp = defineKernel(loraUpOp, (call) => {
  const { experts, b } = call.inputs;
  return [tiled(experts.shape[0], b.shape[2]) ? expandTiles(call) : expandElements(call)];
});
