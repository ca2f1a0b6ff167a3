import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices } from "../src/op/device.ts";
import { cacheWrite, cacheWriteOp } from "../src/ops/cache.ts";
import { scatterRows } from "../src/ops/rows.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/cache.ts";
import * as rowCases from "./cases/rows.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(cacheWriteOp, cases.cacheWrite);

Deno.test("cacheWrite: equals scatterRows for ascending indices", () => {
  fc.assert(fc.property(rowCases.scatterRows, ({ inputs: { x, y, rows: ascending, offsets: live } }) => {
    const device = new ReferenceDevice();
    const [cache, rows, list] = [device.from(x), device.from(y), device.from(ascending)];
    const offsets = live && device.from(live);
    const expected = scatterRows(device, { x: cache, y: rows, rows: list, offsets });
    assertEquals(cacheWrite(device, { cache, x: rows, rows: list, offsets }).data, expected.data);
  }));
});

Deno.test("cacheWrite: writes rows at their indices, and skips negative indices", () => {
  const device = new ReferenceDevice();
  const cache = device.from(hostIndices([1, 2, 3, 4], [4, 1]));
  const inputs = {
    cache,
    x: device.from(hostIndices([10, 20, 30], [3, 1])),
    rows: device.from(hostIndices([3, -1, 0])),
  };
  assertEquals([...cacheWrite(device, inputs).data], [30, 2, 3, 10]);
});
