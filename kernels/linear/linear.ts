/**
 * Linear projection: which kernel runs where.
 *
 * @module
 */
import { linearOp } from "../../src/ops/linear.ts";
import { defineKernel } from "../kernel.ts";
import { plain } from "./rows.ts";

/** y = x·wᵀ (+ bias) (+ residual). */
export const linear = defineKernel(linearOp, (call) => [plain(call)]);
