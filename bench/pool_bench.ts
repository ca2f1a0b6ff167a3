import { hostIndices } from "../src/op/device.ts";
import { poolOp } from "../src/ops/pool.ts";
import { benchOp, random } from "./support/bench_op.ts";

for (const kind of ["mean", "max"] as const) {
  benchOp(
    poolOp,
    ([["small", 1, 16, 64], ["typical", 8, 64, 384], ["large", 32, 256, 768]] as const).map(([size, B, T, D]) => ({
      size,
      shape: `${kind} ${B}×${T}×${D}`,
      inputs: { x: random([B * T, D]), offsets: hostIndices(Array.from({ length: B + 1 }, (_, b) => b * T)) },
      params: { kind, normalize: true },
      flops: B * T * D,
      bytes: 4 * (B * T * D + B * D),
    })),
  );
}
