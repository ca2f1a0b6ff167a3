import { hostIndices } from "../src/op/device.ts";
import { loraDownOp, loraGatedUnitOp, loraUpOp } from "../src/ops/experts.ts";
import { benchOp, random } from "./support/bench_op.ts";

/** Rows, width, feed-forward width; two of four experts of rank 16, as in ModernALBERT (typical: its tiny preset). */
const sizes = ([["small", 1, 64, 128], ["typical", 32, 768, 2624], ["large", 128, 768, 2624]] as const).map(
  ([size, M, D, F]) => ({ size, M, D, F, shape: `${M}×${D}×${F}` }),
);
const [E, k, R] = [4, 2, 16];

const experts = (M: number) =>
  hostIndices(Array.from({ length: M * k }, (_, slot) => (slot * 7 + slot % k) % E), [M, k]);

benchOp(
  loraDownOp,
  sizes.map(({ size, M, F, shape }) => ({
    size,
    shape,
    inputs: { x: random([M, k, F]), a: random([E, R, F]), experts: experts(M) },
    params: {},
    flops: 2 * M * k * R * F,
    bytes: 4 * (M * k * F + E * R * F + M * k * R),
  })),
);

benchOp(
  loraGatedUnitOp,
  sizes.map(({ size, M, F, shape }) => ({
    size,
    shape,
    inputs: {
      u: random([M, 2 * F]),
      a: random([M, k, R]),
      b: random([E, 2 * F, R]),
      experts: experts(M),
      weights: random([M, k]),
    },
    params: { kind: "gelu", scale: 2 },
    flops: M * k * F * (4 * R + 30),
    bytes: 4 * (M * 2 * F + E * 2 * F * R + M * (k + 1) * F),
  })),
);

benchOp(
  loraUpOp,
  sizes.map(({ size, M, D, shape }) => ({
    size,
    shape,
    inputs: {
      x: random([M, D]),
      a: random([M, k, R]),
      b: random([E, D, R]),
      experts: experts(M),
      weights: random([M, k]),
    },
    params: { scale: 2 },
    flops: 2 * M * k * D * R,
    bytes: 4 * (2 * M * D + E * D * R),
  })),
);
