import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { MOST_SIZE } from "../src/common/float32.ts";
import { type Selection, selectThreshold, selectThresholdOp, selectTopK, selectTopKOp } from "../src/ops/select.ts";
import { gather } from "../src/ops/rows.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice, type RefTensor } from "../reference/mod.ts";
import * as cases from "./cases/select.ts";

import { equivalence, worstRatio } from "./support/equivalence.ts";
import { gpuTest } from "./support/gpu.ts";

equivalence(selectTopKOp, cases.selectTopK);
equivalence(selectThresholdOp, cases.selectThreshold);

const device = new ReferenceDevice("f64");

/** The live part of the list. */
const listed = ({ rows, kept }: Selection<RefTensor>) => [...rows.data.subarray(0, kept.data[kept.data.length - 1])];

Deno.test("selectTopK: rows ascend, none that was left out scores higher, and capacity is used", () => {
  fc.assert(fc.property(cases.selectTopK, ({ inputs, params: { limit } }) => {
    const { scores, offsets, capacity } = inputs;
    const on = { scores: device.from(scores), offsets: device.from(offsets), capacity: device.from(capacity) };
    const selection = selectTopK(device, on, limit);
    const rows = listed(selection);
    assertEquals(rows, [...rows].sort((a, b) => a - b));
    for (let b = 0; b < capacity.shape[0]; b++) {
      const chosen = new Set(rows.slice(selection.kept.data[b], selection.kept.data[b + 1]));
      const length = offsets.data[b + 1] - offsets.data[b];
      if (selection.kept.data[b + 1] === limit) break; // the rest was dropped
      assertEquals(chosen.size, Math.min(length, Math.max(0, capacity.data[b])));
      const worst = Math.min(...[...chosen].map((m) => scores.data[m]).filter((z) => !Number.isNaN(z)));
      for (let m = offsets.data[b]; m < offsets.data[b + 1]; m++) {
        if (!chosen.has(m) && scores.data[m] > worst) throw new Error(`row ${m} was left out`);
      }
    }
  }));
});

Deno.test("selectTopK: enough capacity keeps every row; selecting among the selected is nested", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 40 }).chain(cases.scores), fc.nat(40), (scores, inner) => {
    const [M] = scores.shape;
    const [all, offsets] = [device.from(scores), device.from(cases.equalOffsets(M))];
    const pick = (scores: RefTensor, offsets: RefTensor, count: number) =>
      selectTopK(device, { scores, offsets, capacity: device.from(hostIndices([count])) }, count);
    assertEquals(listed(pick(all, offsets, M + 1)), Array.from({ length: M }, (_, m) => m));
    const outer = pick(all, offsets, M - 1);
    const list = device.from(hostIndices(listed(outer)));
    const again = pick(gather(device, all, list), outer.kept, Math.min(inner, M - 1));
    const direct = pick(all, offsets, Math.min(inner, M - 1));
    assertEquals(listed(again).map((s) => list.data[s]), listed(direct));
  }));
});

Deno.test("selectThreshold: the lowest threshold keeps all above it, and a higher one keeps a part", () => {
  fc.assert(fc.property(cases.selectThreshold, fc.constantFrom(0, 0.25, 1, 3), ({ inputs, params }, more) => {
    const on = { scores: device.from(inputs.scores), offsets: device.from(inputs.offsets) };
    const numbers = listed(selectThreshold(device, on, -MOST_SIZE));
    const live = inputs.offsets.data[inputs.offsets.data.length - 1];
    assertEquals(numbers.length, inputs.scores.data.subarray(0, live).filter((z) => z >= -MOST_SIZE).length);
    const low = new Set(listed(selectThreshold(device, on, params.threshold)));
    assertEquals(listed(selectThreshold(device, on, params.threshold + more)).every((m) => low.has(m)), true);
  }));
});

Deno.test("select: worked examples", () => {
  const scores = device.from(hostTensor([6, 1], [0.5, 2, 0.5, -1, NaN, 0]));
  const offsets = device.from(hostIndices([0, 3, 3, 6]));
  const capacity = device.from(hostIndices([2, 5, 2]));
  const top = selectTopK(device, { scores, offsets, capacity }, 6);
  assertEquals([listed(top), [...top.kept.data]], [[0, 1, 3, 5], [0, 2, 2, 4]]);
  const cut = selectTopK(device, { scores, offsets, capacity }, 3);
  assertEquals([listed(cut), [...cut.kept.data]], [[0, 1, 3], [0, 2, 2, 3]]);
  const above = selectThreshold(device, { scores, offsets }, 0);
  assertEquals([listed(above), [...above.kept.data]], [[0, 1, 2, 5], [0, 3, 3, 4]]);
});

gpuTest("select: long sequences, many sequences, more rows than a group lists", async (gpu) => {
  for (const [M, B] of [[20_000, 1], [20_000, 150], [100_000, 3], [8192, 2]]) {
    const scores = hostTensor([M, 1], normals(M, M).map((z, m) => m % 3 ? z : Math.round(z)));
    const offsets = cases.equalOffsets(M, B);
    const capacity = hostIndices(Array.from({ length: B }, (_, b) => Math.floor((b + 1) / (B + 1) * M / B)));
    const limit = [...capacity.data].reduce((a, b) => a + b);
    await worstRatio(gpu, selectTopKOp, { inputs: { scores, offsets, capacity }, params: { limit } });
    const live = { rows: scores.data.filter((z) => z >= 0.25).length };
    await worstRatio(gpu, selectThresholdOp, { inputs: { scores, offsets }, params: { threshold: 0.25 }, live });
  }
});
