import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { gather, gatherOp, scatterAdd, scatterAddOp, scatterRows, scatterRowsOp } from "../src/ops/rows.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/rows.ts";
import { size, tensor } from "./support/arbitraries.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { gpuTest } from "./support/gpu.ts";

equivalence(gatherOp, cases.gather);
equivalence(scatterRowsOp, cases.scatterRows);
equivalence(scatterAddOp, cases.scatterAdd);

const device = new ReferenceDevice("f64");

/** A tensor of M rows, a list of some of them and a list of some of those. */
const nested = size(40).chain((M) =>
  fc.subarray(Array.from({ length: M }, (_, m) => m)).chain((rows) =>
    fc.record({
      x: tensor([M, 3]),
      rows: fc.constant(rows),
      inner: fc.subarray(Array.from(rows, (_, s) => s)),
    })
  )
);

Deno.test("gather: two lists in turn are their composition", () => {
  fc.assert(fc.property(nested, ({ x, rows, inner }) => {
    const [a, list, sub] = [device.from(x), device.from(hostIndices(rows)), device.from(hostIndices(inner))];
    const composed = gather(device, list, sub);
    assertEquals([...composed.data], inner.map((s) => rows[s]));
    assertEquals(gather(device, gather(device, a, list), sub).data, gather(device, a, composed).data);
  }));
});

Deno.test("scatterRows: inverts gather", () => {
  fc.assert(fc.property(nested, ({ x, rows }) => {
    const [a, list] = [device.from(x), device.from(hostIndices(rows))];
    assertEquals(scatterRows(device, { x: a, y: gather(device, a, list), rows: list }).data, a.data);
  }));
});

Deno.test("scatterAdd: gates of zero change nothing, and no list is the list of all rows", () => {
  fc.assert(fc.property(nested, ({ x, rows }) => {
    const [a, list] = [device.from(x), device.from(hostIndices(rows))];
    const y = gather(device, a, list);
    const gates = device.from(hostTensor([rows.length, 1], rows.map(() => 0)));
    assertEquals(scatterAdd(device, { x: a, y, rows: list, gates }).data, a.data);
    const all = device.from(hostIndices(x.data.subarray(0, x.shape[0]).map((_, m) => m)));
    assertEquals(scatterAdd(device, { x: a, y: a }).data, scatterAdd(device, { x: a, y: a, rows: all }).data);
  }));
});

Deno.test("rows: worked examples; entries beyond the live part are never used", async () => {
  const x = device.from(hostTensor([3, 2], [1, 2, 3, 4, 5, 6]));
  const y = device.from(hostTensor([2, 2], [10, 20, 30, 40]));
  const rows = device.from(hostIndices([2, -7]));
  const offsets = device.from(hostIndices([0, 1]));
  const gates = device.from(hostTensor([2, 1], [0.5, NaN]));
  const results = await device.read({
    gathered: gather(device, x, rows, offsets),
    set: scatterRows(device, { x, y, rows, offsets }),
    added: scatterAdd(device, { x, y, rows, gates, offsets }),
    inTurn: scatterAdd(device, { x: y, y, offsets }),
  });
  assertEquals([...results.gathered.data.subarray(0, 2)], [5, 6]);
  assertEquals([...results.set.data], [1, 2, 3, 4, 10, 20]);
  assertEquals([...results.added.data], [1, 2, 3, 4, 10, 16]);
  assertEquals([...results.inTurn.data], [20, 40, 30, 40]);
});

gpuTest("rows: more rows than one axis of a grid holds", async (device) => {
  const M = 66_000;
  const x = hostTensor([M, 1], Float32Array.from({ length: M }, (_, m) => m));
  const rows = hostIndices(Array.from({ length: M / 2 }, (_, s) => 2 * s + 1));
  const y = hostTensor([M / 2, 1], Float32Array.from({ length: M / 2 }, (_, s) => -s));
  await worstRatio(device, gatherOp, { inputs: { x, rows }, params: {} });
  await worstRatio(device, scatterRowsOp, { inputs: { x, y, rows }, params: {} });
  await worstRatio(device, scatterAddOp, { inputs: { x, y, rows }, params: {} });
});
