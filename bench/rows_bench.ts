import { hostIndices } from "../src/op/device.ts";
import { gatherOp, scatterAddOp, scatterRowsOp } from "../src/ops/rows.ts";
import { benchOp, random } from "./support/bench_op.ts";

/** Every other row of M, as the second of two recursions would take. */
const sizes = ([["small", 2, 64], ["typical", 512, 576], ["large", 4096, 960]] as const).map(([size, M, D]) => {
  const S = M / 2;
  const rows = hostIndices(Array.from({ length: S }, (_, s) => 2 * s));
  return { size, M, D, S, rows, shape: `${S} of ${M}×${D}` };
});

benchOp(
  gatherOp,
  sizes.map(({ size, M, D, S, rows, shape }) => ({
    size,
    shape,
    inputs: { x: random([M, D]), rows },
    params: {},
    flops: 0,
    bytes: 4 * (2 * S * D + S),
  })),
);

benchOp(
  scatterRowsOp,
  sizes.map(({ size, M, D, S, rows, shape }) => ({
    size,
    shape,
    inputs: { x: random([M, D]), y: random([S, D]), rows },
    params: {},
    flops: 0,
    bytes: 4 * (2 * M * D + S),
  })),
);

benchOp(
  scatterAddOp,
  sizes.map(({ size, M, D, S, rows, shape }) => ({
    size,
    shape,
    inputs: { x: random([M, D]), y: random([S, D]), rows, gates: random([S, 1]) },
    params: {},
    flops: 2 * S * D,
    bytes: 4 * (2 * M * D + S * D + 2 * S),
  })),
);
