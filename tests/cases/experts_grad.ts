import fc from "fast-check";
import * as ops from "../../src/ops/experts_grad.ts";
import { size } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";
import { experts, slots } from "./experts.ts";

/** Rows, chosen experts, all experts. */
const counts = { M: size(40), k: fc.constantFrom(1, 3), E: fc.integer({ min: 3, max: 5 }) };

/** Widths: vectors of four or not, one tile of registers or several. */
const [widths, others] = [fc.constantFrom(0, 1, 6, 16, 20, 72), fc.constantFrom(0, 1, 7, 8, 40, 68)];

const params = { scale: fc.constantFrom(1, 0.7) };

/** Shared rows and one each. */
export const expertTransposed = casesOf(ops.expertTransposedOp, {
  sizes: { ...counts, O: widths, D: others },
  inputs: { x: slots, experts },
  params,
});

/** Both sides shared or not, either the wider one, experts that no row chose. */
export const expertOuter = casesOf(ops.expertOuterOp, {
  sizes: { ...counts, O: widths, D: others },
  inputs: { x: slots, y: slots, experts },
  params,
});

/** Shared rows and one each. */
export const weightSlots = casesOf(ops.weightSlotsOp, { sizes: { ...counts, D: widths }, inputs: { x: slots } });

/** Any width, with and without dead rows. */
export const sumSlots = casesOf(ops.sumSlotsOp, { sizes: { ...counts, D: widths } });

/** Shared rows and one each. */
export const dotSlots = casesOf(ops.dotSlotsOp, { sizes: { ...counts, D: widths }, inputs: { b: slots } });

/** Both gated units, ranks for tiles and for elements, with and without dead rows. */
export const loraGatedUnitGrad = casesOf(ops.loraGatedUnitGradOp, {
  sizes: { ...counts, F: others, R: fc.constantFrom(1, 6, 16) },
  inputs: { experts },
  params: { scale: fc.constant(0.7) },
});
