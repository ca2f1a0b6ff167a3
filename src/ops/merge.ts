/**
 * Expert merging: the LoRA experts of a matrix become one matrix (arXiv 2512.12880; docs/mol.md, "Expert merging").
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";
import { type MergeMode, MERGES } from "../op/kinds.ts";

/** How experts become one. */
export interface MergeParams {
  /** `delta`: W + s·Σ q_e·B_e·A_e, the exact mean of the updates. `factor`: W + s·(Σ q_e·B_e)·(Σ q_e·A_e), one adapter. */
  readonly mode: MergeMode;
  /** s = alpha / rank. */
  readonly scale: number;
}

/** y = w + s·Σ_e q_e·B_e·A_e, or its one-adapter form. w [O, F], a [E, R, F], b [E, O, R], q [E] → y [O, F]. */
export const expertMergeOp = defineOp({
  name: "expertMerge",
  family: "merge",
  inputs: { w: "O D", a: "E R D", b: "E O R", q: "E" },
  outputs: { y: "O D" },
  params: { mode: MERGES, scale: "number" },
});

/** Applies {@link expertMergeOp}: w [O, F] → [O, F]. */
export const expertMerge: Apply<"w" | "a" | "b" | "q", "y", MergeParams> = applying(expertMergeOp);
