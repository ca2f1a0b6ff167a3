import { activationOp, gatedUnitOp } from "../src/ops/activation.ts";
import { benchOp, random } from "./support/bench_op.ts";

const shapes = [["small", 1, 256], ["typical", 128, 1152], ["large", 512, 2816]] as const;

benchOp(
  activationOp,
  shapes.map(([size, M, F]) => ({
    size,
    shape: `gelu ${M}×${F}`,
    inputs: { x: random([M, F]) },
    params: { kind: "gelu" },
    flops: 0,
    bytes: 8 * M * F,
  })),
);

for (const kind of ["silu", "gelu"] as const) {
  benchOp(
    gatedUnitOp,
    shapes.map(([size, M, F]) => ({
      size,
      shape: `${kind} ${M}×2·${F}`,
      inputs: { u: random([M, 2 * F]) },
      params: { kind },
      flops: 0,
      bytes: 12 * M * F,
    })),
  );
}
