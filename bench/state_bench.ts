import { hostIndices } from "../src/op/device.ts";
import { countOp, deepenOp, settleOp } from "../src/ops/state.ts";
import { benchOp, random, spread } from "./support/bench_op.ts";

const batches = [["small", 1], ["typical", 32], ["large", 1024]] as const;
const upTo = (n: number) => hostIndices(Array.from({ length: n }, (_, i) => i));

benchOp(
  settleOp,
  batches.map(([size, B]) => ({
    size,
    shape: `${B}`,
    inputs: { lengths: spread([B], 100), grown: spread([B], 100), leading: spread([B], 100) },
    params: {},
    flops: 0,
    bytes: 16 * B,
  })),
);

benchOp(
  deepenOp,
  batches.map(([size, B]) => ({
    size,
    shape: `${B}, one row each`,
    inputs: {
      offsets: upTo(B + 1),
      rows: upTo(B),
      kept: upTo(B + 1),
      scores: random([B, 1]),
      score: random([B, 1]),
    },
    params: {},
    flops: 0,
    bytes: 28 * B,
  })),
);

benchOp(countOp, [
  ...batches.map(([size, B]) => ({
    size,
    shape: `${B}×8192`,
    inputs: { seen: spread([B, 8192], 3), ids: spread([B], 8191) },
    params: {},
    flops: 0,
    bytes: 12 * B,
  })),
  {
    size: "typical",
    shape: "24 of 32×8192",
    inputs: { seen: spread([32, 8192], 3), ids: spread([32], 8191), rows: upTo(32), offsets: hostIndices([0, 24]) },
    params: {},
    flops: 0,
    bytes: 16 * 24,
  },
]);
