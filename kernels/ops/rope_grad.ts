import { ropeGradOp } from "../../src/ops/rope_grad.ts";
import { defineKernel } from "../host/kernel.ts";
import { load, rotation, store } from "./rope.ts";

/** dx: the gradients of queries and keys rotated back, beside those of the values. */
export const ropeGrad = defineKernel(ropeGradOp, ({ inputs: { dq, dkv, positions, offsets }, params: heads }) => [
  rotation({
    label: "ropeGrad",
    ...{ rows: positions.shape[0], offsets, heads, names: ["dq", "dkv", "dx"] },
    load: /* wgsl */ `
  if (head < H) {
    ${dq ? load("dq", "(m * H + head) * 2 * HALF + i") : ""}
  } else {
    ${dkv ? load("dkv", "(m * 2 * G + head - H) * 2 * HALF + i") : ""}
  }`,
    turn: "let back = a * c + b * s; b = b * c - a * s; a = back;",
    store: store("dx", "(m * heads + head) * 2 * HALF + i"),
  }),
]);
