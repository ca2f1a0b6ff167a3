/**
 * Derivatives of distillation.
 *
 * @module
 */
import { applying, defineOp } from "../op/define.ts";

/** dstudent = τ·(softmax(student/τ) − softmax(teacher/τ))·dkl. student, teacher [M, V], dkl [M, 1] → [M, V]. */
export const klDivergenceGradOp = defineOp({
  name: "klDivergenceGrad",
  family: "distillation_grad",
  inputs: { student: "M V", teacher: "M V", dkl: "M 1", "offsets?": "B+1 i32" },
  outputs: { dstudent: "M V" },
  params: { temperature: "number" },
});

/** Applies {@link klDivergenceGradOp}: → [M, V]. */
export const klDivergenceGrad = applying(klDivergenceGradOp);

/**
 * da = −dy·(b/(‖a‖‖b‖) − a·(a·b)/(‖a‖³‖b‖)), and 0 where a or b is zero. a, b [M, D], dy [M, 1] → [M, D].
 */
export const cosineDistanceGradOp = defineOp({
  name: "cosineDistanceGrad",
  family: "distillation_grad",
  inputs: { a: "M D", b: "M D", dy: "M 1", "offsets?": "B+1 i32" },
  outputs: { da: "M D" },
});

/** Applies {@link cosineDistanceGradOp}: → [M, D]. */
export const cosineDistanceGrad = applying(cosineDistanceGradOp);
