import { joinColumnsOp, takeColumnsOp } from "../src/ops/columns.ts";
import { benchOp, random } from "./support/bench_op.ts";

/** Logits of the two parts of a vocabulary. */
const shapes = [["small", 1, 1024, 64], ["typical", 128, 43690, 6678], ["large", 333, 43690, 6678]] as const;

benchOp(
  joinColumnsOp,
  shapes.map(([size, M, A, B]) => ({
    size,
    shape: `${M}×${A} and ${B}`,
    inputs: { a: random([M, A]), b: random([M, B]) },
    params: {},
    flops: 0,
    bytes: 8 * M * (A + B),
  })),
);
benchOp(
  takeColumnsOp,
  shapes.map(([size, M, A, B]) => ({
    size,
    shape: `${M}×${A} of ${A + B}`,
    inputs: { x: random([M, A + B]) },
    params: { from: 0, to: A },
    flops: 0,
    bytes: 8 * M * A,
  })),
);
