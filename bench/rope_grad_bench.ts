import { hostIndices } from "../src/op/device.ts";
import { ropeTable } from "../src/ops/rope.ts";
import { ropeGradOp } from "../src/ops/rope_grad.ts";
import { benchOp, random } from "./support/bench_op.ts";

benchOp(
  ropeGradOp,
  ([["small", 1, 9, 3, 64], ["typical", 128, 12, 12, 32], ["large", 2048, 9, 3, 64]] as const).map(
    ([size, M, H, G, K]) => ({
      size,
      shape: `${M}×(${H}+2·${G})×${K}`,
      inputs: {
        dq: random([M, H * K]),
        dkv: random([M, 2 * G * K]),
        positions: hostIndices(Array.from({ length: M }, (_, m) => m)),
        table: ropeTable(M, K, 10000),
      },
      params: { H, G, K },
      flops: 0,
      bytes: 8 * M * (H + 2 * G) * K + 4 * M * K,
    }),
  ),
);
