import { cosineDistanceOp, klDivergenceOp } from "../src/ops/distillation.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

benchOp(
  klDivergenceOp,
  { small: { M: 1, V: 256 }, typical: { M: 32, V: 8192 }, large: { M: 16, V: 50368 } },
  ({ M, V }) => ({
    inputs: { student: random([M, V], 3), teacher: random([M, V], 2) },
    params: { temperature: 2 },
  }),
);
benchOp(
  cosineDistanceOp,
  { small: { M: 16, D: 64 }, typical: { M: 512, D: 768 }, large: { M: 2048, D: 1024 } },
  ({ M, D }) => ({ inputs: { a: random([M, D]), b: random([M, D]) }, params: {} }),
);
