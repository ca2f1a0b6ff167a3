import { linearGradWOp, linearGradXOp, sumRowsOp } from "../src/ops/linear_grad.ts";
import { benchOp, random } from "./support/bench_op.ts";

const sizes = [
  ["small", 16, 64, 64],
  ["typical", 128, 384, 1152],
  ["large", 512, 512, 1024],
] as const;

benchOp(
  linearGradXOp,
  sizes.map(([size, M, D, O]) => ({
    size,
    shape: `${M}×${D}×${O}`,
    inputs: { dy: random([M, O]), w: random([O, D]) },
    params: { from: 0, to: O },
    flops: 2 * M * D * O,
    bytes: 4 * (M * D + D * O + M * O),
  })),
);

benchOp(
  linearGradWOp,
  sizes.map(([size, M, D, O]) => ({
    size,
    shape: `${M}×${D}×${O}`,
    inputs: { dy: random([M, O]), x: random([M, D]) },
    params: { from: 0, rows: O },
    flops: 2 * M * D * O,
    bytes: 4 * (M * D + D * O + M * O),
  })),
);

benchOp(
  sumRowsOp,
  ([["small", 16, 64], ["typical", 512, 1152], ["large", 4096, 1536]] as const).map(([size, M, O]) => ({
    size,
    shape: `${M}×${O}`,
    inputs: { dy: random([M, O]) },
    params: { from: 0, rows: O },
    flops: 0,
    bytes: 4 * (M * O + O),
  })),
);
