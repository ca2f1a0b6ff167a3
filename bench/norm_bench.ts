import { NORMS } from "../src/op/kinds.ts";
import { normOp } from "../src/ops/norm.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

for (const kind of NORMS) {
  benchOp(
    normOp,
    { small: { kind, M: 1, D: 64 }, typical: { kind, M: 128, D: 384 }, large: { kind, M: 2048, D: 1024 } },
    ({ kind, M, D }) => ({ inputs: { x: random([M, D]), weight: random([D]) }, params: { kind, eps: 1e-5 } }),
  );
}
