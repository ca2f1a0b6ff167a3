import { hostIndices } from "../src/op/device.ts";
import {
  dotSlotsOp,
  expertOuterOp,
  expertTransposedOp,
  loraGatedUnitGradOp,
  sumSlotsOp,
  weightSlotsOp,
} from "../src/ops/experts_grad.ts";
import { benchOp, random } from "./support/bench_op.ts";

/** Rows and feed-forward width; two of four experts of rank 16, as in ModernALBERT (typical: its tiny preset). */
const sizes = ([["small", 1, 128], ["typical", 32, 2624], ["large", 128, 2624]] as const).map(
  ([size, M, F]) => ({ size, M, F, shape: `${M}×${F}` }),
);
const [E, k, R] = [4, 2, 16];

const experts = (M: number) =>
  hostIndices(Array.from({ length: M * k }, (_, slot) => (slot * 7 + slot % k) % E), [M, k]);

benchOp(
  expertTransposedOp,
  sizes.map(({ size, M, F, shape }) => ({
    size,
    shape,
    inputs: { x: random([M, k, 2 * F]), a: random([E, 2 * F, R]), experts: experts(M) },
    params: { scale: 2 },
    flops: 2 * M * k * 2 * F * R,
    bytes: 4 * (M * k * 2 * F + E * 2 * F * R + M * k * R),
  })),
);

benchOp(
  expertOuterOp,
  sizes.map(({ size, M, F, shape }) => ({
    size,
    shape,
    inputs: { x: random([M, k, 2 * F]), y: random([M, k, R]), experts: experts(M) },
    params: { scale: 2, E },
    flops: 2 * M * k * 2 * F * R,
    bytes: 4 * (M * k * (2 * F + R) + E * 2 * F * R),
  })),
);

benchOp(
  loraGatedUnitGradOp,
  sizes.map(({ size, M, F, shape }) => ({
    size,
    shape,
    inputs: {
      u: random([M, 2 * F]),
      a: random([M, k, R]),
      b: random([E, 2 * F, R]),
      experts: experts(M),
      dz: random([M, k, F]),
    },
    params: { kind: "gelu", scale: 2 },
    flops: M * k * F * (4 * R + 50),
    bytes: 4 * (M * 2 * F + E * 2 * F * R + M * k * 3 * F),
  })),
);

benchOp(
  weightSlotsOp,
  sizes.map(({ size, M, F, shape }) => ({
    size,
    shape,
    inputs: { x: random([M, F]), weights: random([M, k]) },
    params: {},
    flops: M * k * F,
    bytes: 4 * (M * F + M * k * F),
  })),
);

benchOp(
  sumSlotsOp,
  sizes.map(({ size, M, F, shape }) => ({
    size,
    shape,
    inputs: { x: random([M, k, F]) },
    params: {},
    flops: M * k * F,
    bytes: 4 * (M * F + M * k * F),
  })),
);

benchOp(
  dotSlotsOp,
  sizes.map(({ size, M, F, shape }) => ({
    size,
    shape,
    inputs: { a: random([M, k, F]), b: random([M, F]) },
    params: {},
    flops: 2 * M * k * F,
    bytes: 4 * (M * F + M * k * F),
  })),
);
