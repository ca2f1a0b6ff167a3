import { dotRowsOp, scaleRowsOp, scatterOp } from "../src/ops/rows_grad.ts";
import { benchOp } from "./support/bench_op.ts";
import { random, steps } from "./support/inputs.ts";

/** Every other row of 2·S, as the second of two recursions would take. */
const sizes = { small: { S: 1, D: 64 }, typical: { S: 256, D: 576 }, large: { S: 2048, D: 960 } };

benchOp(scatterOp, sizes, ({ S, D }) => ({
  inputs: { y: random([S, D]), rows: steps(S, 2) },
  params: { M: 2 * S },
}));
benchOp(scaleRowsOp, sizes, ({ S, D }) => ({ inputs: { x: random([S, D]), gates: random([S, 1]) }, params: {} }));
benchOp(dotRowsOp, sizes, ({ S, D }) => ({ inputs: { a: random([S, D]), b: random([S, D]) }, params: {} }));
