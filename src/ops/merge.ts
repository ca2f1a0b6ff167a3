/**
 * Expert merging: the LoRA experts of a matrix become one matrix (arXiv 2512.12880; mol.md §3).
 *
 * @module
 */
import { MERGES } from "../op/kinds.ts";
import { type Backend, defineOp, type Op, requireShape, spec, type Tensor } from "../op/op.ts";

/** How experts become one. */
export interface MergeParams {
  /** `delta`: W + s·Σ q_e·B_e·A_e, the exact mean of the updates. `factor`: W + s·(Σ q_e·B_e)·(Σ q_e·A_e), one adapter. */
  readonly mode: typeof MERGES[number];
  /** s = alpha / rank. */
  readonly scale: number;
}

/** y = w + s·Σ_e q_e·B_e·A_e, or its one-adapter form. w [O, F], a [E, R, F], b [E, O, R], q [E] → y [O, F]. */
export const expertMergeOp: Op<"w" | "a" | "b" | "q", "y", MergeParams> = defineOp({
  name: "expertMerge",
  family: "merge",
  inputs: ["w", "a", "b", "q"],
  outputs: ["y"],
  choices: { mode: MERGES },
  infer({ w, a, b, q }) {
    requireShape("expertMerge", "w", w, [undefined, undefined]);
    requireShape("expertMerge", "a", a, [undefined, undefined, w.shape[1]]);
    const [E, R] = a.shape;
    requireShape("expertMerge", "b", b, [E, w.shape[0], R]);
    requireShape("expertMerge", "q", q, [E]);
    return { y: spec(w.shape) };
  },
});

/** Applies {@link expertMergeOp}: w [O, F] → [O, F]. */
export function expertMerge<T extends Tensor>(
  backend: Backend<T>,
  inputs: { w: T; a: T; b: T; q: T },
  { mode, scale }: MergeParams,
): T {
  return backend.run(expertMergeOp, inputs, { mode, scale }).y;
}
