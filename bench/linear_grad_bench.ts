import { linearGradWOp, linearGradXOp, sumRowsOp } from "../src/ops/linear_grad.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

const sizes = {
  small: { M: 16, D: 64, O: 64 },
  typical: { M: 128, D: 384, O: 1152 },
  large: { M: 512, D: 512, O: 1024 },
};

benchOp(linearGradXOp, sizes, ({ M, D, O }) => ({
  inputs: { dy: random([M, O]), w: random([O, D]) },
  params: { from: 0, to: O },
  flops: 2 * M * D * O,
}));

benchOp(linearGradWOp, sizes, ({ M, D, O }) => ({
  inputs: { dy: random([M, O]), x: random([M, D]) },
  params: { from: 0, rows: O },
  flops: 2 * M * D * O,
}));

benchOp(
  sumRowsOp,
  { small: { M: 16, O: 64 }, typical: { M: 512, O: 1152 }, large: { M: 4096, O: 1536 } },
  ({ M, O }) => ({ inputs: { dy: random([M, O]) }, params: { from: 0, rows: O } }),
);
