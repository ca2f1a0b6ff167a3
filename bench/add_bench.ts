import { addOp, ratioOp } from "../src/ops/add.ts";
import { benchOp, random } from "./support/bench_op.ts";

const cases = <P>(params: P) =>
  ([["small", 1, 384], ["typical", 384, 1152], ["large", 8192, 384]] as const).map(([size, rows, columns]) => ({
    size,
    shape: `${rows}×${columns}`,
    inputs: { a: random([rows, columns]), b: random([rows, columns]) },
    params,
    flops: 0,
    bytes: 12 * rows * columns,
  }));

benchOp(addOp, cases({ scale: 1 }));
benchOp(ratioOp, cases({}));
