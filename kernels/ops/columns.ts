/**
 * Columns of a matrix, copied as bits: one invocation an element of the result.
 *
 * @module
 */
import { sizeOf, type Tensor } from "../../src/op/op.ts";
import { joinColumnsOp, takeColumnsOp } from "../../src/ops/columns.ts";
import { defineKernel, type Dispatch } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";

/** Copies to y [M, O]; the widths are sizes of run time, so that all matrices share a pipeline. */
function copy(label: string, inputs: readonly string[], y: Tensor, sizes: Dispatch["sizes"], statements: string) {
  return perWord({
    label,
    ...{ rows: sizeOf(y.shape), offsets: undefined },
    sizes: { O: y.shape.at(-1)!, ...sizes },
    elements: Object.fromEntries([...inputs, "y"].map((name) => [name, "u32"])),
    statements: `let row = at / sizes.O;\n  let j = at % sizes.O;\n  ${statements}`,
  });
}

/** y[m, j] = x[m, from + j]. */
export const takeColumns = defineKernel(takeColumnsOp, ({ inputs: { x }, outputs: { y }, params: { from } }) => [
  copy("takeColumns", ["x"], y, { D: x.shape.at(-1)!, FROM: from }, "y[at] = x[row * sizes.D + sizes.FROM + j];"),
]);

/** y[m] = (a[m], b[m]). */
export const joinColumns = defineKernel(joinColumnsOp, ({ inputs: { a, b }, outputs: { y } }) => [
  copy(
    "joinColumns",
    ["a", "b"],
    y,
    { A: a.shape[1], B: b.shape[1] },
    "if (j < sizes.A) { y[at] = a[row * sizes.A + j]; } else { y[at] = b[row * sizes.B + j - sizes.A]; }",
  ),
]);
