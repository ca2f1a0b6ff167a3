import { normGatedOp, normLinearOp } from "../src/ops/norm_linear.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

const norm = { kind: "rms", eps: 1e-5 } as const;

benchOp(
  normLinearOp,
  { small: { M: 1, D: 64, O: 192 }, typical: { M: 32, D: 64, O: 192 }, large: { M: 128, D: 384, O: 1152 } },
  ({ M, D, O }) => ({
    inputs: { x: random([M, D]), weight: random([D]), w: random([O, D]) },
    params: { norm, from: 0, to: O },
    flops: 2 * M * D * O + 4 * M * D,
  }),
);

benchOp(
  normGatedOp,
  { small: { M: 1, D: 64, F: 192 }, typical: { M: 32, D: 64, F: 192 }, large: { M: 128, D: 384, F: 1152 } },
  ({ M, D, F }) => ({
    inputs: { x: random([M, D]), weight: random([D]), w: random([2 * F, D]) },
    params: { norm, unit: "silu" as const },
    flops: 4 * M * D * F + 4 * M * D + 6 * M * F,
  }),
);
