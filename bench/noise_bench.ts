import { hostIndices } from "../src/op/device.ts";
import { dropoutOp, jitterOp } from "../src/ops/noise.ts";
import { benchOp, random } from "./support/bench_op.ts";

const cases = ([["small", 1, 384], ["typical", 384, 1152], ["large", 8192, 384]] as const).map((
  [size, rows, columns],
) => ({
  size,
  shape: `${rows}×${columns}`,
  inputs: { x: random([rows, columns]), seed: hostIndices([17, 0]) },
  params: { rate: 0.1, salt: 3 },
  flops: 0,
  bytes: 8 * rows * columns,
}));

benchOp(dropoutOp, cases);
benchOp(jitterOp, cases);
