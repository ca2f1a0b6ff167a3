import { GATED } from "../src/op/kinds.ts";
import { activationGradOp, gatedUnitGradOp } from "../src/ops/activation_grad.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

for (const kind of GATED) {
  const sizes = { small: { kind, M: 1, F: 256 }, typical: { kind, M: 128, F: 1152 }, large: { kind, M: 512, F: 2816 } };
  benchOp(activationGradOp, sizes, ({ kind, M, F }) => ({
    inputs: { x: random([M, F]), dy: random([M, F]) },
    params: { kind },
  }));
  benchOp(gatedUnitGradOp, sizes, ({ kind, M, F }) => ({
    inputs: { u: random([M, 2 * F]), dz: random([M, F]) },
    params: { kind },
  }));
}
