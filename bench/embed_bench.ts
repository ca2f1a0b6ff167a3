import { embedOp } from "../src/ops/embed.ts";
import { benchOp } from "./support/bench_op.ts";
import { random, spread } from "./support/inputs.ts";

benchOp(
  embedOp,
  { small: { M: 1, V: 1024, J: 64 }, typical: { M: 128, V: 8192, J: 384 }, large: { M: 2048, V: 8192, J: 1024 } },
  ({ M, V, J }) => ({
    inputs: { ids: spread([M], V), table: random([V, J]) },
    params: { from: 0 },
    touched: { table: M * J },
  }),
);
