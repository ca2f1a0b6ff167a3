import { embedGradOp } from "../src/ops/embed_grad.ts";
import { benchOp } from "./support/bench_op.ts";
import { random, spread } from "./support/inputs.ts";

benchOp(
  embedGradOp,
  { small: { M: 16, V: 1024, J: 64 }, typical: { M: 512, V: 8192, J: 384 }, large: { M: 2048, V: 50368, J: 64 } },
  ({ M, V, J }) => ({ inputs: { ids: spread([M], V), dy: random([M, J]) }, params: { V, from: 0 } }),
);
