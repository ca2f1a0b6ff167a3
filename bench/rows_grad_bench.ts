import { hostIndices } from "../src/op/device.ts";
import { dotRowsOp, placeOp, scaleRowsOp } from "../src/ops/rows_grad.ts";
import { benchOp, random } from "./support/bench_op.ts";

/** Every other row of M, as the second of two recursions would take. */
const sizes = ([["small", 2, 64], ["typical", 512, 576], ["large", 4096, 960]] as const).map(([size, M, D]) => {
  const S = M / 2;
  const rows = hostIndices(Array.from({ length: S }, (_, s) => 2 * s));
  return { size, M, D, S, rows, shape: `${S} of ${M}×${D}` };
});

benchOp(
  placeOp,
  sizes.map(({ size, M, D, S, rows, shape }) => ({
    size,
    shape,
    inputs: { y: random([S, D]), rows },
    params: { M },
    flops: 0,
    bytes: 4 * (S * D + S + M * D),
  })),
);

benchOp(
  scaleRowsOp,
  sizes.map(({ size, D, S }) => ({
    size,
    shape: `${S}×${D}`,
    inputs: { x: random([S, D]), gates: random([S, 1]) },
    params: {},
    flops: S * D,
    bytes: 4 * (2 * S * D + S),
  })),
);

benchOp(
  dotRowsOp,
  sizes.map(({ size, D, S }) => ({
    size,
    shape: `${S}×${D}`,
    inputs: { a: random([S, D]), b: random([S, D]) },
    params: {},
    flops: 2 * S * D,
    bytes: 4 * (2 * S * D + S),
  })),
);
