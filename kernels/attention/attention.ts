/**
 * Attention by ranges: which kernel runs where.
 *
 * @module
 */
import { attentionOp } from "../../src/ops/attention.ts";
import { defineKernel } from "../kernel.ts";
import { plain } from "./plain.ts";

/** y = softmax(q·kᵀ / √K)·v over the visible keys. */
export const attention = defineKernel(attentionOp, (call) => [plain(call)]);
