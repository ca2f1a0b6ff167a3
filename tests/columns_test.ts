import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostTensor } from "../src/op/device.ts";
import { joinColumns, joinColumnsOp, takeColumns, takeColumnsOp } from "../src/ops/columns.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/columns.ts";
import { size, tensor } from "./support/arbitraries.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(takeColumnsOp, cases.takeColumns);
equivalence(joinColumnsOp, cases.joinColumns);

Deno.test("columns: splitting inverts joining", () => {
  const device = new ReferenceDevice();
  const pair = fc.tuple(size(9), size(9), size(9)).chain(([M, A, B]) => fc.tuple(tensor([M, A]), tensor([M, B])));
  fc.assert(fc.property(pair, ([a, b]) => {
    const [A, B] = [a.shape[1], b.shape[1]];
    const y = joinColumns(device, device.from(a), device.from(b));
    assertEquals(takeColumns(device, y, { from: 0, to: A }).data, a.data);
    assertEquals(takeColumns(device, y, { from: A, to: A + B }).data, b.data);
  }));
});

Deno.test("columns: worked examples", () => {
  const device = new ReferenceDevice();
  const x = device.from(hostTensor([2, 3], [1, 2, 3, 4, 5, 6]));
  assertEquals([...takeColumns(device, x, { from: 1, to: 3 }).data], [2, 3, 5, 6]);
  assertEquals(takeColumns(device, x, { from: 0, to: 3 }), x);
  const ends = device.from(hostTensor([2, 1], [7, 8]));
  assertEquals([...joinColumns(device, x, ends).data], [1, 2, 3, 7, 4, 5, 6, 8]);
  const vector = device.from(hostTensor([4], [1, 2, 3, 4]));
  assertEquals([...takeColumns(device, vector, { from: 3, to: 4 }).data], [4]);
});
