import { topLogProbsOp } from "../src/ops/top_log_probs.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

benchOp(
  topLogProbsOp,
  {
    small: { M: 1, V: 256, k: 1 },
    typical: { M: 32, V: 8192, k: 5 },
    large: { M: 32, V: 50368, k: 1 },
    many: { M: 32, V: 50368, k: 20 },
  },
  ({ M, V, k }) => ({ inputs: { logits: random([M, V], 3) }, params: { k } }),
);
