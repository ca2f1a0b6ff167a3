import { gatherOp, scatterAddOp, scatterRowsOp } from "../src/ops/rows.ts";
import { benchOp } from "./support/bench_op.ts";
import { random, steps } from "./support/inputs.ts";

/** Every other row of 2·S, as the second of two recursions would take. */
const sizes = { small: { S: 1, D: 64 }, typical: { S: 256, D: 576 }, large: { S: 2048, D: 960 } };

benchOp(gatherOp, sizes, ({ S, D }) => ({
  inputs: { x: random([2 * S, D]), rows: steps(S, 2) },
  params: {},
  touched: { x: S * D },
}));

benchOp(scatterRowsOp, sizes, ({ S, D }) => ({
  inputs: { x: random([2 * S, D]), y: random([S, D]), rows: steps(S, 2) },
  params: {},
  touched: { x: S * D },
}));

benchOp(scatterAddOp, sizes, ({ S, D }) => ({
  inputs: { x: random([2 * S, D]), y: random([S, D]), rows: steps(S, 2), gates: random([S, 1]) },
  params: {},
}));
