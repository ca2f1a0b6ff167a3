import { sizeOf } from "../../src/op/op.ts";
import { joinColumnsOp, takeColumnsOp } from "../../src/ops/columns.ts";
import { grid } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";

/** One invocation an element, which is copied as it is. */
const copy = (label: string, names: readonly string[], sizes: Readonly<Record<string, number>>, value: string) => ({
  label,
  sizes,
  elements: Object.fromEntries(names.map((name) => [name, "u32"])),
  workgroups: grid(Math.ceil(sizes.W / 64)),
  lanes: 64,
  wgsl: /* wgsl */ `
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  if (at >= sizes.W) { return; }
  let m = at / sizes.O;
  let j = at % sizes.O;
  ${value}
}`,
});

/** y[m, j] = x[m, from + j]. */
export const takeColumns = defineKernel(takeColumnsOp, ({ inputs: { x }, outputs: { y }, params: { from, to } }) => [
  copy(
    "takeColumns",
    ["x", "y"],
    { W: sizeOf(y.shape), O: to - from, D: x.shape[x.shape.length - 1], FROM: from },
    "y[at] = x[m * sizes.D + sizes.FROM + j];",
  ),
]);

/** y[m] = (a[m], b[m]). */
export const joinColumns = defineKernel(joinColumnsOp, ({ inputs: { a, b }, outputs: { y } }) => [
  copy(
    "joinColumns",
    ["a", "b", "y"],
    { W: sizeOf(y.shape), O: y.shape[1], A: a.shape[1], B: b.shape[1] },
    "if (j < sizes.A) { y[at] = a[m * sizes.A + j]; } else { y[at] = b[m * sizes.B + j - sizes.A]; }",
  ),
]);
