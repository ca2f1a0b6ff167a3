import { joinColumnsOp, takeColumnsOp } from "../src/ops/columns.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

/** Logits of the two parts of a vocabulary. */
const sizes = { small: { M: 1, A: 1024, B: 64 }, typical: { M: 128, A: 43690, B: 6678 } };

benchOp(joinColumnsOp, sizes, ({ M, A, B }) => ({ inputs: { a: random([M, A]), b: random([M, B]) }, params: {} }));
benchOp(takeColumnsOp, sizes, ({ M, A, B }) => ({
  inputs: { x: random([M, A + B]) },
  params: { from: 0, to: A },
  touched: { x: M * A },
}));
