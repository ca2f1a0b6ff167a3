import { linearOp } from "../src/ops/linear.ts";
import { benchOp, random } from "./support/bench_op.ts";

benchOp(
  linearOp,
  ([
    ["small", 1, 64, 64],
    ["typical", 1, 576, 1536], // decoding
    ["typical", 16, 384, 1152],
    ["typical", 128, 384, 1152],
    ["large", 512, 512, 1024],
  ] as const).map(([size, M, D, O]) => ({
    size,
    shape: `${M}×${D}×${O}`,
    inputs: { x: random([M, D]), w: random([O, D]) },
    params: { from: 0, to: O },
    flops: 2 * M * D * O,
    bytes: 4 * (M * D + D * O + M * O),
  })),
);
