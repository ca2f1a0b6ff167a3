/**
 * Learning from a teacher: divergence of its predictions, distance of its hidden states.
 *
 * @module
 */
import { requireFloat32 } from "../common/float32.ts";
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { cosineDistanceGrad, divergenceGrad } from "./distillation_grad.ts";

/** How soft the distributions are. */
export interface DivergenceParams {
  /** τ: logits are divided by it, the divergence multiplied by its square. */
  readonly temperature: number;
}

/**
 * kl[m] = τ²·Σ_v t_v·(log t_v − log s_v), t = softmax(teacher[m]/τ), s = softmax(student[m]/τ) (Hinton et al., arXiv 1503.02531).
 *
 * student, teacher [M, V] → kl [M, 1]; the gradient reaches the student only.
 */
export const divergenceOp: Op<"student" | "teacher" | "offsets?", "kl", DivergenceParams> = defineOp({
  name: "divergence",
  family: "distillation",
  inputs: ["student", "teacher", "offsets?"],
  outputs: ["kl"],
  infer({ student, teacher, offsets }, { temperature }: DivergenceParams) {
    requireShape("divergence", "student", student, [undefined, undefined]);
    requireShape("divergence", "teacher", teacher, student.shape);
    demand("divergence", student.shape[1] > 0, () => "student has no columns");
    requireFloat32("apply divergence", "temperature", temperature, { least: 2 ** -63, most: 2 ** 63 }); // and its square
    requireOffsets("divergence", offsets);
    return { kl: spec([student.shape[0], 1]) };
  },
  vjp: (backend, { inputs: { student, teacher, offsets }, grads: { kl }, params }) => ({
    student: () => divergenceGrad(backend, { student, teacher, dkl: kl!, offsets }, params),
  }),
});

/** Applies {@link divergenceOp}: student, teacher [M, V] → [M, 1]. */
export function divergence<T extends Tensor>(
  backend: Backend<T>,
  inputs: { student: T; teacher: T; offsets?: T },
  params: DivergenceParams,
): T {
  return backend.run(divergenceOp, inputs, params).kl;
}

/**
 * y[m] = 1 − a·b/(‖a‖‖b‖), and 1 where one of them is zero. a, b [M, D] → y [M, 1]; the gradient reaches a only.
 */
export const cosineDistanceOp: Op<"a" | "b" | "offsets?", "y", Record<never, never>> = defineOp({
  name: "cosineDistance",
  family: "distillation",
  inputs: ["a", "b", "offsets?"],
  outputs: ["y"],
  infer({ a, b, offsets }) {
    requireShape("cosineDistance", "a", a, [undefined, undefined]);
    requireShape("cosineDistance", "b", b, a.shape);
    requireOffsets("cosineDistance", offsets);
    return { y: spec([a.shape[0], 1]) };
  },
  vjp: (backend, { inputs: { a, b, offsets }, grads: { y } }) => ({
    a: () => cosineDistanceGrad(backend, { a, b, dy: y!, offsets }),
  }),
});

/** Applies {@link cosineDistanceOp}: a, b [M, D] → [M, 1]. */
export function cosineDistance<T extends Tensor>(backend: Backend<T>, inputs: { a: T; b: T; offsets?: T }): T {
  return backend.run(cosineDistanceOp, inputs, {}).y;
}
