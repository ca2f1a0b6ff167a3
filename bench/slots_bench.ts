import { hostIndices } from "../src/op/device.ts";
import { kvSlotsOp, rngCountersOp, scheduleOp, SLOT, STAGE } from "../src/ops/slots.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets } from "./support/inputs.ts";
import { listOf } from "./support/slots.ts";

const N = 3;
const COLUMNS = SLOT.rows + N;
const sizes = { small: { S: 8 }, typical: { S: 64 }, large: { S: 1024 } };

/** S slots of 16 pages in the block, some of which came at the same time. */
function slotsOf(S: number) {
  const columns = { stage: STAGE.block, length: 100, pages: 16 };
  const table = Array.from({ length: S }, (_, s) => {
    const slot = { ...columns, depth: s % N, since: (s * 7919) % Math.ceil(S / 4), start: 16 * s };
    return Object.keys(SLOT).map((name) => (slot as Record<string, number>)[name] ?? 0).concat(Array(N - 1).fill(0));
  });
  return hostIndices(table.flat(), [S, COLUMNS]);
}

benchOp(scheduleOp, sizes, ({ S }) => ({
  inputs: { slots: slotsOf(S) },
  params: { stage: STAGE.block, maxBatch: S / 4, exitBatch: 0 },
  touched: { slots: 2 * S },
}));

for (const listed of [true, false]) {
  const listedSizes = { small: { listed, S: 8 }, typical: { listed, S: 64 }, large: { listed, S: 1024 } };
  benchOp(kvSlotsOp, listedSizes, ({ listed, S }) => ({
    inputs: { slots: slotsOf(S), ...(listed ? listOf(S) : { offsets: evenOffsets(S, 1) }) },
    params: {
      layout: { pages: 16 * S, pageRows: 8, recursionRows: [8, 6, 4], share: false },
      at: "own" as const,
      M: S,
    },
    touched: { slots: 5 * S },
  }));
}

benchOp(rngCountersOp, sizes, ({ S }) => ({
  inputs: { slots: slotsOf(S), ...listOf(S) },
  params: {},
  touched: { slots: 2 * S },
}));
