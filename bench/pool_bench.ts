import { poolOp } from "../src/ops/pool.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets, random } from "./support/inputs.ts";

for (const kind of ["mean", "max"] as const) {
  benchOp(
    poolOp,
    {
      small: { kind, B: 1, T: 16, D: 64 },
      typical: { kind, B: 8, T: 64, D: 384 },
      large: { kind, B: 32, T: 256, D: 768 },
    },
    ({ kind, B, T, D }) => ({
      inputs: { x: random([B * T, D]), offsets: evenOffsets(B, T) },
      params: { kind, normalize: true },
    }),
  );
}
