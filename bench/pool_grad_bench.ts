import { hostIndices } from "../src/op/device.ts";
import { poolGradOp } from "../src/ops/pool_grad.ts";
import { benchOp, random } from "./support/bench_op.ts";

for (const [kind, normalize] of [["mean", false], ["mean", true], ["max", true]] as const) {
  benchOp(
    poolGradOp,
    ([["small", 2, 4, 64], ["typical", 8, 64, 384], ["large", 16, 256, 768]] as const).map(([size, B, T, D]) => ({
      size,
      shape: `${kind} ${B}·${T}×${D}${normalize ? " normalised" : ""}`,
      inputs: {
        x: random([B * T, D]),
        dy: random([B, D]),
        offsets: hostIndices(Array.from({ length: B + 1 }, (_, b) => b * T)),
      },
      params: { kind, normalize },
      flops: 0,
      bytes: 4 * ((normalize ? 2 : 1) * B * T * D + B * D),
    })),
  );
}
