/**
 * Sums of tensors: how gradients of a weight that is used several times come together.
 *
 * @module
 */
import { type Backend, defineOp, type Op, requireShape, spec, type Tensor } from "../op.ts";

/** y = a + scale·b, element by element. a, b of one shape → y of that shape. */
export const addOp: Op<"a" | "b", "y", { readonly scale: number }> = defineOp({
  name: "add",
  family: "add",
  inputs: ["a", "b"],
  outputs: ["y"],
  infer({ a, b }) {
    requireShape("add", "a", a, a.shape);
    requireShape("add", "b", b, a.shape);
    return { y: spec(a.shape) };
  },
});

/** Applies {@link addOp}: a + scale·b. */
export function add<T extends Tensor>(backend: Backend<T>, a: T, b: T, scale = 1): T {
  return backend.run(addOp, { a, b }, { scale }).y;
}
