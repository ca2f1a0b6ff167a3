/**
 * Selections: compaction in order; the count stays on the device.
 *
 * @module
 */
import { selectThresholdOp, selectTopKOp } from "../../../src/ops/select.ts";
import { defineKernel } from "../../host/kernel.ts";
import { threshold } from "./threshold.ts";
import { topK } from "./top_k.ts";

/** The highest scores of each sequence. */
export const selectTopK = defineKernel(selectTopKOp, (call) => [topK(call)]);

/** The scores above a threshold. */
export const selectThreshold = defineKernel(selectThresholdOp, (call) => [threshold(call)]);
