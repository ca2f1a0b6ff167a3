/**
 * Checks of shapes for operations whose shape rule is code.
 *
 * @module
 */
import type { DType, Tensor } from "./tensor.ts";

/** Throws `Cannot apply <operation>: <reason>` unless the condition holds. */
export function demand(op: string, condition: boolean, reason: () => string): asserts condition {
  if (!condition) throw new RangeError(`Cannot apply ${op}: ${reason()}`);
}

/**
 * Throws unless a tensor has exactly this shape and type; `undefined` sizes match anything.
 *
 * ```ts
 * import { requireShape, spec } from "@refrain/transformers/ops";
 * requireShape("linear", "x", spec([2, 3]), [undefined, 3]);
 * ```
 */
export function requireShape(
  op: string,
  name: string,
  tensor: Tensor,
  shape: readonly (number | undefined)[],
  dtype: DType = "f32",
): void {
  const fits = tensor.shape.length === shape.length &&
    shape.every((size, axis) => size === undefined || size === tensor.shape[axis]);
  demand(op, fits, () => `${name} has shape [${tensor.shape}], expected [${shape.map((size) => size ?? "any")}]`);
  demand(op, tensor.dtype === dtype, () => `${name} is ${tensor.dtype}, expected ${dtype}`);
}

/** Throws unless `offsets`, where given, is an i32 vector of at least one element. */
export function requireOffsets(op: string, offsets: Tensor | undefined, name = "offsets"): void {
  if (!offsets) return;
  requireShape(op, name, offsets, [undefined], "i32");
  demand(op, offsets.shape[0] >= 1, () => `${name} is empty, expected B + 1 row offsets`);
}
