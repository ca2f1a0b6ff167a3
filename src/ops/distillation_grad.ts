/**
 * Derivatives of distillation.
 *
 * @module
 */
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";

/** dstudent = τ·(softmax(student/τ) − softmax(teacher/τ))·dkl. student, teacher [M, V], dkl [M, 1] → [M, V]. */
export const divergenceGradOp: Op<
  "student" | "teacher" | "dkl" | "offsets?",
  "dstudent",
  { readonly temperature: number }
> = defineOp({
  name: "divergenceGrad",
  family: "distillation_grad",
  inputs: ["student", "teacher", "dkl", "offsets?"],
  outputs: ["dstudent"],
  infer({ student, teacher, dkl, offsets }) {
    requireShape("divergenceGrad", "student", student, [undefined, undefined]);
    requireShape("divergenceGrad", "teacher", teacher, student.shape);
    requireShape("divergenceGrad", "dkl", dkl, [student.shape[0], 1]);
    requireOffsets("divergenceGrad", offsets);
    return { dstudent: spec(student.shape) };
  },
});

/** Applies {@link divergenceGradOp}: → [M, V]. */
export function divergenceGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { student: T; teacher: T; dkl: T; offsets?: T },
  params: { readonly temperature: number },
): T {
  return backend.run(divergenceGradOp, inputs, params).dstudent;
}

/**
 * da = −dy·(b/(‖a‖‖b‖) − a·(a·b)/(‖a‖³‖b‖)), and 0 where a or b is zero. a, b [M, D], dy [M, 1] → [M, D].
 */
export const cosineDistanceGradOp: Op<"a" | "b" | "dy" | "offsets?", "da", Record<never, never>> = defineOp({
  name: "cosineDistanceGrad",
  family: "distillation_grad",
  inputs: ["a", "b", "dy", "offsets?"],
  outputs: ["da"],
  infer({ a, b, dy, offsets }) {
    requireShape("cosineDistanceGrad", "a", a, [undefined, undefined]);
    requireShape("cosineDistanceGrad", "b", b, a.shape);
    requireShape("cosineDistanceGrad", "dy", dy, [a.shape[0], 1]);
    requireOffsets("cosineDistanceGrad", offsets);
    return { da: spec(a.shape) };
  },
});

/** Applies {@link cosineDistanceGradOp}: → [M, D]. */
export function cosineDistanceGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { a: T; b: T; dy: T; offsets?: T },
): T {
  return backend.run(cosineDistanceGradOp, inputs, {}).da;
}
