import { poolGradOp } from "../src/ops/pool_grad.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets, random } from "./support/inputs.ts";

for (const [kind, normalize] of [["mean", false], ["mean", true], ["max", true]] as const) {
  benchOp(
    poolGradOp,
    {
      small: { kind, normalize, B: 2, T: 4, D: 64 },
      typical: { kind, normalize, B: 8, T: 64, D: 384 },
      large: { kind, normalize, B: 16, T: 256, D: 768 },
    },
    ({ kind, normalize, B, T, D }) => ({
      inputs: { x: random([B * T, D]), dy: random([B, D]), offsets: evenOffsets(B, T) },
      params: { kind, normalize },
      touched: normalize ? undefined : { x: 0 },
    }),
  );
}
