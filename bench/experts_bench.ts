import { loraDownOp, loraGatedUnitOp, loraUpOp } from "../src/ops/experts.ts";
import { benchOp } from "./support/bench_op.ts";
import { chosen, E, expertSizes, k, R } from "./support/experts.ts";
import { random } from "./support/inputs.ts";

benchOp(loraDownOp, expertSizes, ({ M, F }) => ({
  inputs: { x: random([M, k, F]), a: random([E, R, F]), experts: chosen(M) },
  params: {},
  flops: 2 * M * k * R * F,
}));

const routed = (M: number) => ({ a: random([M, k, R]), experts: chosen(M), weights: random([M, k]) });

benchOp(loraGatedUnitOp, expertSizes, ({ M, F }) => ({
  inputs: { u: random([M, 2 * F]), b: random([E, 2 * F, R]), ...routed(M) },
  params: { kind: "gelu" as const, scale: 2 },
  flops: M * k * F * (4 * R + 30),
}));

benchOp(loraUpOp, expertSizes, ({ M, D }) => ({
  inputs: { x: random([M, D]), b: random([E, D, R]), ...routed(M) },
  params: { scale: 2 },
  flops: 2 * M * k * D * R,
}));
