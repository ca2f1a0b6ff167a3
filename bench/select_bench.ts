import { hostIndices } from "../src/op/device.ts";
import { selectThresholdOp, selectTopKOp } from "../src/ops/select.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets, random } from "./support/inputs.ts";

/** B sequences of T rows, half of which are kept. */
const sizes = { small: { B: 1, T: 64 }, typical: { B: 4, T: 512 }, large: { B: 16, T: 2048 } };
const inputs = (B: number, T: number) => ({ scores: random([B * T, 1]), offsets: evenOffsets(B, T) });

benchOp(selectTopKOp, sizes, ({ B, T }) => ({
  inputs: { ...inputs(B, T), capacity: hostIndices(Array(B).fill(T / 2)) },
  params: { limit: B * T / 2 },
}));

benchOp(selectThresholdOp, sizes, ({ B, T }) => ({ inputs: inputs(B, T), params: { threshold: 0 } }));
