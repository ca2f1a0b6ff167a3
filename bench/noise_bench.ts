import { hostIndices } from "../src/op/device.ts";
import { dropoutOp, jitterOp } from "../src/ops/noise.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

for (const op of [dropoutOp, jitterOp]) {
  benchOp(
    op,
    { small: { M: 1, D: 384 }, typical: { M: 384, D: 1152 }, large: { M: 8192, D: 384 } },
    ({ M, D }) => ({ inputs: { x: random([M, D]), seed: hostIndices([17, 0]) }, params: { rate: 0.1, salt: 3 } }),
  );
}
