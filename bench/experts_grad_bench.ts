import * as ops from "../src/ops/experts_grad.ts";
import { benchOp } from "./support/bench_op.ts";
import { chosen, E, expertSizes, k, R } from "./support/experts.ts";
import { random } from "./support/inputs.ts";

benchOp(ops.expertTransposedOp, expertSizes, ({ M, F }) => ({
  inputs: { x: random([M, k, 2 * F]), a: random([E, 2 * F, R]), experts: chosen(M) },
  params: { scale: 2 },
  flops: 2 * M * k * 2 * F * R,
}));

benchOp(ops.expertOuterOp, expertSizes, ({ M, F }) => ({
  inputs: { x: random([M, k, 2 * F]), y: random([M, k, R]), experts: chosen(M) },
  params: { scale: 2, E },
  flops: 2 * M * k * 2 * F * R,
}));

benchOp(ops.loraGatedUnitGradOp, expertSizes, ({ M, F }) => ({
  inputs: {
    u: random([M, 2 * F]),
    a: random([M, k, R]),
    b: random([E, 2 * F, R]),
    experts: chosen(M),
    dz: random([M, k, F]),
  },
  params: { kind: "gelu" as const, scale: 2 },
  flops: M * k * F * (4 * R + 50),
}));

benchOp(ops.weightSlotsOp, expertSizes, ({ M, F }) => ({
  inputs: { x: random([M, F]), weights: random([M, k]) },
  params: {},
}));

benchOp(ops.sumSlotsOp, expertSizes, ({ M, F }) => ({ inputs: { x: random([M, k, F]) }, params: {} }));

benchOp(ops.dotSlotsOp, expertSizes, ({ M, F }) => ({
  inputs: { a: random([M, k, F]), b: random([M, F]) },
  params: {},
}));
