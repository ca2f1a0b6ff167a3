import { normOp } from "../src/ops/norm.ts";
import { benchOp, random } from "./support/bench_op.ts";

for (const kind of ["rms", "layer"] as const) {
  benchOp(
    normOp,
    ([["small", 1, 64], ["typical", 128, 384], ["large", 2048, 1024]] as const).map(([size, M, D]) => ({
      size,
      shape: `${kind} ${M}×${D}`,
      inputs: { x: random([M, D]), weight: random([D]) },
      params: { kind, eps: 1e-5 },
      flops: (kind === "rms" ? 4 : 6) * M * D,
      bytes: 4 * (2 * M * D + D),
    })),
  );
}
