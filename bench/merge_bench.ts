import { expertMergeOp } from "../src/ops/merge.ts";
import { benchOp, random } from "./support/bench_op.ts";

for (const mode of ["delta", "factor"] as const) {
  benchOp(
    expertMergeOp,
    ([["small", 64, 64], ["typical", 768, 384], ["large", 1536, 384]] as const).map(([size, O, F]) => ({
      size,
      shape: `${mode} of 4 experts of rank 16, ${O}×${F}`,
      inputs: { w: random([O, F]), a: random([4, 16, F]), b: random([4, O, 16]), q: random([4]) },
      params: { mode, scale: 2 },
      flops: O * F * (mode === "delta" ? 2 * 64 + 8 : 16 * (4 * 4 + 2)),
      bytes: 4 * (2 * O * F + 64 * (O + F)),
    })),
  );
}
