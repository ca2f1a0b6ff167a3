import { hostIndices } from "../src/op/device.ts";
import { embedOp } from "../src/ops/embed.ts";
import { benchOp, random } from "./support/bench_op.ts";

benchOp(
  embedOp,
  ([["small", 1, 1024, 64], ["typical", 128, 8192, 384], ["large", 2048, 8192, 1024]] as const).map((
    [size, M, V, J],
  ) => ({
    size,
    shape: `${M} of ${V}×${J}`,
    inputs: { ids: hostIndices(Array.from({ length: M }, (_, m) => (m * 7919) % V)), table: random([V, J]) },
    params: {},
    flops: 0,
    bytes: 4 * (M + 2 * M * J),
  })),
);
