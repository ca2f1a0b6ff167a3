import { linearOp } from "../src/ops/linear.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

benchOp(linearOp, {
  small: { M: 1, D: 64, O: 64 },
  decode: { M: 1, D: 576, O: 1536 },
  few: { M: 16, D: 384, O: 1152 },
  typical: { M: 128, D: 384, O: 1152 },
  large: { M: 512, D: 512, O: 1024 },
}, ({ M, D, O }) => ({
  inputs: { x: random([M, D]), w: random([O, D]) },
  params: { from: 0, to: O },
  flops: 2 * M * D * O,
}));
