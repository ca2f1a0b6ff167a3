import { activationGradOp, gatedUnitGradOp } from "../src/ops/activation_grad.ts";
import { benchOp, random } from "./support/bench_op.ts";

const shapes = [["small", 1, 256], ["typical", 128, 1152], ["large", 512, 2816]] as const;

benchOp(
  activationGradOp,
  shapes.map(([size, M, F]) => ({
    size,
    shape: `gelu ${M}×${F}`,
    inputs: { x: random([M, F]), dy: random([M, F]) },
    params: { kind: "gelu" },
    flops: 0,
    bytes: 12 * M * F,
  })),
);

for (const kind of ["silu", "gelu"] as const) {
  benchOp(
    gatedUnitGradOp,
    shapes.map(([size, M, F]) => ({
      size,
      shape: `${kind} ${M}×2·${F}`,
      inputs: { u: random([M, 2 * F]), dz: random([M, F]) },
      params: { kind },
      flops: 0,
      bytes: 20 * M * F,
    })),
  );
}
