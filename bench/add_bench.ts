import { addOp, ratioOp } from "../src/ops/add.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

const sizes = { small: { M: 1, D: 384 }, typical: { M: 384, D: 1152 }, large: { M: 8192, D: 384 } };
const inputs = (M: number, D: number) => ({ a: random([M, D]), b: random([M, D]) });

benchOp(addOp, sizes, ({ M, D }) => ({ inputs: inputs(M, D), params: { scale: 1 } }));
benchOp(ratioOp, sizes, ({ M, D }) => ({ inputs: inputs(M, D), params: {} }));
