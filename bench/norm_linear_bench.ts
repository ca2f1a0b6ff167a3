import { normGatedOp, normLinearOp } from "../src/ops/norm_linear.ts";
import { benchOp, random } from "./support/bench_op.ts";

const norm = { kind: "rms", eps: 1e-5 } as const;

/** Rows, and widths of the model's parts. */
const sizes = [["small", 1, 64, 192], ["typical", 32, 64, 192], ["large", 128, 384, 1152]] as const;

benchOp(
  normLinearOp,
  sizes.map(([size, M, D, O]) => ({
    size,
    shape: `${M}×${D}×${O}`,
    inputs: { x: random([M, D]), weight: random([D]), w: random([O, D]) },
    params: { norm, from: 0, to: O },
    flops: 2 * M * D * O + 4 * M * D,
    bytes: 4 * (M * D + D + D * O + M * O),
  })),
);

benchOp(
  normGatedOp,
  sizes.map(([size, M, D, F]) => ({
    size,
    shape: `silu ${M}×${D}×${F}`,
    inputs: { x: random([M, D]), weight: random([D]), w: random([2 * F, D]) },
    params: { norm, unit: "silu" },
    flops: 4 * M * D * F + 4 * M * D + 6 * M * F,
    bytes: 4 * (M * D + D + 2 * D * F + M * F),
  })),
);
