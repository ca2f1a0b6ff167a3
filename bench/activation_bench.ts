import { GATED } from "../src/op/kinds.ts";
import { activationOp, gatedUnitOp } from "../src/ops/activation.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

for (const kind of GATED) {
  const sizes = { small: { kind, M: 1, F: 256 }, typical: { kind, M: 128, F: 1152 }, large: { kind, M: 512, F: 2816 } };
  benchOp(activationOp, sizes, ({ kind, M, F }) => ({ inputs: { x: random([M, F]) }, params: { kind } }));
  benchOp(gatedUnitOp, sizes, ({ kind, M, F }) => ({ inputs: { u: random([M, 2 * F]) }, params: { kind } }));
}
