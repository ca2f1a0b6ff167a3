/**
 * Learning from a teacher: divergence of its predictions, distance of its hidden states.
 *
 * @module
 */
import { requireFloat32 } from "../common/float32.ts";
import { type Apply, applying, defineOp } from "../op/define.ts";
import { cosineDistanceGrad, klDivergenceGrad } from "./distillation_grad.ts";

/** How soft the distributions are. */
export interface KlDivergenceParams {
  /** τ: logits are divided by it, the divergence multiplied by its square. */
  readonly temperature: number;
}

/**
 * kl[m] = τ²·Σ_v t_v·(log t_v − log s_v), t = softmax(teacher[m]/τ), s = softmax(student[m]/τ) (Hinton et al., arXiv 1503.02531).
 *
 * student, teacher [M, V] → kl [M, 1]; the gradient reaches the student only.
 */
export const klDivergenceOp = defineOp({
  name: "klDivergence",
  family: "distillation",
  inputs: { student: "M V", teacher: "M V", "offsets?": "B+1 i32" },
  outputs: { kl: "M 1" },
  params: { temperature: "number" },
  refuse: ({ V }, { temperature }) => {
    requireFloat32("apply klDivergence", "temperature", temperature, { least: 2 ** -63, most: 2 ** 63 }); // and its square
    return V === 0 && "student has no columns";
  },
  vjp: (backend, { inputs: { student, teacher, offsets }, grads: { kl }, params }) => ({
    student: () => klDivergenceGrad(backend, { student, teacher, dkl: kl!, offsets }, params),
  }),
});

/** Applies {@link klDivergenceOp}: student, teacher [M, V] → [M, 1]. */
export const klDivergence: Apply<"student" | "teacher" | "offsets?", "kl", KlDivergenceParams> = applying(
  klDivergenceOp,
);

/**
 * y[m] = 1 − a·b/(‖a‖‖b‖), and 1 where one of them is zero. a, b [M, D] → y [M, 1]; the gradient reaches a only.
 */
export const cosineDistanceOp = defineOp({
  name: "cosineDistance",
  family: "distillation",
  inputs: { a: "M D", b: "M D", "offsets?": "B+1 i32" },
  outputs: { y: "M 1" },
  vjp: (backend, { inputs: { a, b, offsets }, grads: { y } }) => ({
    a: () => cosineDistanceGrad(backend, { a, b, dy: y!, offsets }),
  }),
});

/** Applies {@link cosineDistanceOp}: a, b [M, D] → [M, 1]. */
export const cosineDistance: Apply<"a" | "b" | "offsets?", "y"> = applying(cosineDistanceOp);
