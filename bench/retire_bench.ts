import { hostIndices, hostTensor } from "../src/op/device.ts";
import { growOp, retireOp } from "../src/ops/retire.ts";
import { SLOT } from "../src/ops/slots.ts";
import { benchOp, random, spread } from "./support/bench_op.ts";
import { fullTable, listOf, now } from "./support/slots.ts";

const batches = [["small", 1], ["typical", 32], ["large", 4096]] as const;
const N = 3, n = 64;

benchOp(
  retireOp,
  batches.map(([size, S]) => ({
    size,
    shape: `${S} slots`,
    inputs: {
      slots: fullTable(S, N),
      log: hostTensor([n, 4 * S], new Float32Array(4 * n * S)),
      clock: now,
      drawn: spread([S], 8192),
      logProbs: random([S, 1]),
      z: random([S, 1]),
      ...listOf(S),
    },
    params: { stops: [8192] }, // which nobody draws
    flops: 0,
    bytes: 4 * S * (8 + 10), // entries twice; the list, what is drawn, four columns read and two written
  })),
);

benchOp(
  growOp,
  batches.map(([size, S]) => ({
    size,
    shape: `${S} slots`,
    inputs: { slots: fullTable(S, N), offsets: hostIndices(Array.from({ length: S + 1 }, (_, s) => s)) },
    params: { column: SLOT.length },
    flops: 0,
    bytes: 12 * S,
  })),
);
