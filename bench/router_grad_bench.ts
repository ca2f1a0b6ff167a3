import { hostIndices } from "../src/op/device.ts";
import { gateGradOp, routeGradOp } from "../src/ops/router_grad.ts";
import { benchOp, random } from "./support/bench_op.ts";

benchOp(
  gateGradOp,
  ([["small", 8], ["typical", 2048], ["large", 262144]] as const).map(([size, M]) => ({
    size,
    shape: `sigmoid ${M}`,
    inputs: { scores: random([M, 1]), dgates: random([M, 1]) },
    params: { kind: "sigmoid", alpha: 0.1 },
    flops: 0,
    bytes: 12 * M,
  })),
);

benchOp(
  routeGradOp,
  ([["small", 8, 8, 2], ["typical", 2048, 8, 2], ["large", 4096, 64, 8]] as const).map(([size, M, E, k]) => ({
    size,
    shape: `softmax ${M}×${k} of ${E}`,
    inputs: {
      probs: random([M, E]),
      experts: hostIndices(Array.from({ length: M * k }, (_, slot) => (slot * 5) % E), [M, k]),
      weights: random([M, k]),
      dprobs: random([M, E]),
      dweights: random([M, k]),
    },
    params: { k, kind: "softmax", alpha: 1, normalize: true },
    flops: 0,
    bytes: 4 * (3 * M * E + 3 * M * k),
  })),
);
