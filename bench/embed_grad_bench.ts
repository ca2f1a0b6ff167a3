import { hostIndices } from "../src/op/device.ts";
import { embedGradOp } from "../src/ops/embed_grad.ts";
import { benchOp, random } from "./support/bench_op.ts";

benchOp(
  embedGradOp,
  ([["small", 16, 1024, 64], ["typical", 512, 8192, 384], ["large", 2048, 50368, 64]] as const).map((
    [size, M, V, J],
  ) => ({
    size,
    shape: `${M} of ${V}×${J}`,
    inputs: { ids: hostIndices(Array.from({ length: M }, (_, m) => (m * 7919) % V)), dy: random([M, J]) },
    params: { V },
    flops: 0,
    bytes: 4 * (M + M * J + V * J),
  })),
);
