import { NORMS } from "../src/op/kinds.ts";
import { normGradOp, normGradWeightOp } from "../src/ops/norm_grad.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

for (const kind of NORMS) {
  const sizes = { small: { kind, M: 2, D: 64 }, typical: { kind, M: 128, D: 384 }, large: { kind, M: 2048, D: 1024 } };
  const rows = (M: number, D: number) => ({ x: random([M, D]), dy: random([M, D]) });
  benchOp(normGradOp, sizes, ({ kind, M, D }) => ({
    inputs: { ...rows(M, D), weight: random([D]) },
    params: { kind, eps: 1e-5 },
  }));
  benchOp(normGradWeightOp, sizes, ({ kind, M, D }) => ({ inputs: rows(M, D), params: { kind, eps: 1e-5 } }));
}
