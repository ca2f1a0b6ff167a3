import { hostIndices } from "../src/op/device.ts";
import { drawsOp, placeRowsOp, queueOp, SLOT, STAGE } from "../src/ops/slots.ts";
import { benchOp } from "./support/bench_op.ts";

const N = 3;
const COLUMNS = SLOT.rows + N;

/** S slots of 16 units in the block, some of which came at the same time. */
const engines = ([["small", 8], ["typical", 64], ["large", 1024]] as const).map(([size, S]) => {
  const columns = { stage: STAGE.block, length: 100, units: 16 };
  const table = Array.from({ length: S }, (_, s) => {
    const slot = { ...columns, depth: s % N, since: (s * 7919) % Math.ceil(S / 4), start: 16 * s };
    return Object.keys(SLOT).map((name) => (slot as Record<string, number>)[name] ?? 0).concat(Array(N - 1).fill(0));
  });
  const every = Array.from({ length: S + 1 }, (_, s) => s);
  const list = { rows: hostIndices(every.slice(0, S)), offsets: hostIndices([0, S]) };
  return { size, S, slots: hostIndices(table.flat(), [S, COLUMNS]), list, ends: hostIndices(every) };
});

benchOp(
  queueOp,
  engines.map(({ size, S, slots }) => ({
    size,
    shape: `${S / 4} of ${S}`,
    inputs: { slots },
    params: { stage: STAGE.block, width: S / 4, patience: 0 },
    flops: 0,
    bytes: 4 * (2 * S + S / 4),
  })),
);

for (const listed of [true, false]) {
  benchOp(
    placeRowsOp,
    engines.map(({ size, S, slots, list, ends }) => ({
      size,
      shape: `${S} ${listed ? "listed" : "in order"}`,
      inputs: { slots, ...(listed ? list : { offsets: ends }) },
      params: { layout: { pool: 16 * S, unit: 8, units: [8, 6, 4], share: false }, at: "own" as const, M: S },
      flops: 0,
      bytes: 4 * S * (6 + 4),
    })),
  );
}

benchOp(
  drawsOp,
  engines.map(({ size, S, slots, list }) => ({
    size,
    shape: `${S}`,
    inputs: { slots, ...list },
    params: {},
    flops: 0,
    bytes: 4 * S * 5,
  })),
);
