/**
 * Sums and ratios of tensors: how gradients of a weight that is used several times, and shares of a loss, come together.
 *
 * @module
 */
import { defineOp } from "../op/define.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { elementwise } from "../op/parts.ts";

/** y = a + scale·b, element by element. a, b of one shape → y of that shape. */
export const addOp = defineOp({
  name: "add",
  family: "add",
  inputs: { a: "...", b: "..." },
  outputs: { y: "..." },
  params: { scale: "number" },
  parts: elementwise("a", "b", "y"),
  vjp: (backend, { grads: { y }, params: { scale } }) => ({
    a: () => y!,
    b: () => scale === 1 ? y! : add(backend, y!, y!, scale - 1),
  }),
});

/** Applies {@link addOp}: a + scale·b. */
export function add<T extends Tensor>(backend: Backend<T>, a: T, b: T, scale = 1): T {
  return backend.run(addOp, { a, b }, { scale }).y;
}

/**
 * y = a / b, and 0 where b is 0, element by element: a factor shared by as many losses as there turned out to be.
 *
 * a, b of one shape → y of that shape.
 */
export const ratioOp = defineOp({
  name: "ratio",
  family: "add",
  inputs: { a: "...", b: "..." },
  outputs: { y: "..." },
});

/** Applies {@link ratioOp}: a / b. */
export function ratio<T extends Tensor>(backend: Backend<T>, a: T, b: T): T {
  return backend.run(ratioOp, { a, b }, {}).y;
}
