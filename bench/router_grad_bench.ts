import { gateGradOp, routeGradOp } from "../src/ops/router_grad.ts";
import { benchOp } from "./support/bench_op.ts";
import { random, spread } from "./support/inputs.ts";

benchOp(gateGradOp, { small: { M: 8 }, typical: { M: 2048 }, large: { M: 262144 } }, ({ M }) => ({
  inputs: { scores: random([M, 1]), dgates: random([M, 1]) },
  params: { kind: "sigmoid" as const, alpha: 0.1 },
}));

benchOp(
  routeGradOp,
  { small: { M: 8, E: 8, k: 2 }, typical: { M: 2048, E: 8, k: 2 }, large: { M: 4096, E: 64, k: 8 } },
  ({ M, E, k }) => ({
    inputs: {
      probs: random([M, E]),
      experts: spread([M, k], E),
      weights: random([M, k]),
      dprobs: random([M, E]),
      dweights: random([M, k]),
    },
    params: { k, kind: "softmax" as const, alpha: 1, normalize: true },
  }),
);
