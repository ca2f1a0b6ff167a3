import { MERGES } from "../src/op/kinds.ts";
import { expertMergeOp } from "../src/ops/merge.ts";
import { benchOp } from "./support/bench_op.ts";
import { E, R } from "./support/experts.ts";
import { random } from "./support/inputs.ts";

for (const mode of MERGES) {
  benchOp(
    expertMergeOp,
    { small: { mode, O: 64, F: 64 }, typical: { mode, O: 768, F: 384 }, large: { mode, O: 1536, F: 384 } },
    ({ mode, O, F }) => ({
      inputs: { w: random([O, F]), a: random([E, R, F]), b: random([E, O, R]), q: random([E]) },
      params: { mode, scale: 2 },
      flops: O * F * (mode === "delta" ? 2 * E * R + 8 : R * (4 * E + 2)),
    }),
  );
}
