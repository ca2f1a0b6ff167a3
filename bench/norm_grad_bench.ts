import { normGradOp, normGradWeightOp } from "../src/ops/norm_grad.ts";
import { benchOp, random } from "./support/bench_op.ts";

const shapes = [["small", 2, 64], ["typical", 128, 384], ["large", 2048, 1024]] as const;

for (const kind of ["rms", "layer"] as const) {
  const params = { kind, eps: 1e-5 };
  benchOp(
    normGradOp,
    shapes.map(([size, M, D]) => ({
      size,
      shape: `${kind} ${M}×${D}`,
      inputs: { x: random([M, D]), weight: random([D]), dy: random([M, D]) },
      params,
      flops: (kind === "rms" ? 10 : 14) * M * D,
      bytes: 4 * (3 * M * D + D),
    })),
  );
  benchOp(
    normGradWeightOp,
    shapes.map(([size, M, D]) => ({
      size,
      shape: `${kind} ${M}×${D}`,
      inputs: { x: random([M, D]), dy: random([M, D]) },
      params,
      flops: (kind === "rms" ? 5 : 8) * M * D,
      bytes: 4 * (2 * M * D + D),
    })),
  );
}
