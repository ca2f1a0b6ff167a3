import { hostIndices } from "../src/op/device.ts";
import { ropeOp, ropeTable, ropeWriteOp } from "../src/ops/rope.ts";
import { benchOp, random } from "./support/bench_op.ts";

type Sizes = readonly [size: "small" | "typical" | "large", M: number, H: number, G: number, K: number];

/** A call of M rows, each number read and written once. */
function call([size, M, H, G, K]: Sizes) {
  return {
    size,
    shape: `${M}×(${H}+2·${G})×${K}`,
    inputs: {
      x: random([M, (H + 2 * G) * K]),
      positions: hostIndices(Array.from({ length: M }, (_, m) => m)),
      table: ropeTable(M, K, 10000),
    },
    params: { H, G, K },
    flops: 0,
    bytes: 8 * M * (H + 2 * G) * K + 4 * M * K,
  };
}

benchOp(
  ropeOp,
  ([["small", 1, 9, 3, 64], ["typical", 128, 12, 12, 32], ["large", 2048, 9, 3, 64]] as const).map((sizes) =>
    call(sizes)
  ),
);

benchOp(
  ropeWriteOp,
  ([["small", 1, 9, 3, 64], ["typical", 32, 9, 3, 64], ["large", 512, 9, 3, 64]] as const).map((sizes) => {
    const [, M, , G, K] = sizes, { inputs, ...rest } = call(sizes);
    const places = hostIndices(Array.from({ length: M }, (_, m) => 4 * m));
    return { ...rest, inputs: { ...inputs, cache: random([4 * M, 2 * G * K]), places } };
  }),
);
