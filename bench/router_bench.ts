import { gateOp, routeOp } from "../src/ops/router.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

benchOp(gateOp, { small: { M: 1 }, typical: { M: 2048 }, large: { M: 65536 } }, ({ M }) => ({
  inputs: { scores: random([M, 1]) },
  params: { kind: "sigmoid" as const, alpha: 0.1 },
}));

benchOp(
  routeOp,
  { small: { M: 1, E: 4, k: 1 }, typical: { M: 512, E: 8, k: 2 }, large: { M: 8192, E: 64, k: 8 } },
  ({ M, E, k }) => ({
    inputs: { logits: random([M, E]) },
    params: { k, kind: "softmax" as const, alpha: 1, normalize: true },
  }),
);
