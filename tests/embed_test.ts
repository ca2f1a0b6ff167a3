import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { embed, embedOp } from "../src/ops/embed.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/embed.ts";
import { size, tensor } from "./support/arbitraries.ts";
import { equivalence } from "./support/equivalence.ts";
import { gpuTest } from "./support/gpu.ts";

equivalence(embedOp, cases.embed);

/** A table and one of its permutations. */
const permuted = size(20, 1).chain((V) =>
  fc.record({
    table: tensor([V, 3]),
    ids: fc.shuffledSubarray(Array.from({ length: V }, (_, v) => v), { minLength: V, maxLength: V }),
  })
);

Deno.test("embed: a permutation, then its inverse, gives the table again", async () => {
  const device = new ReferenceDevice();
  await fc.assert(fc.asyncProperty(permuted, async ({ table, ids }) => {
    const there = embed(device, device.from(hostIndices(ids)), device.from(table));
    const back = device.from(hostIndices(ids.map((_, v) => ids.indexOf(v))));
    const { y } = await device.read({ y: embed(device, back, there) });
    assertEquals(y.data, table.data);
  }));
});

Deno.test("embed: rows of the table, in order; dead rows are left alone", async () => {
  const device = new ReferenceDevice();
  const table = device.from(hostTensor([3, 2], [0, 1, 10, 11, 20, 21]));
  const ids = device.from(hostIndices([2, 0, 2, -1]));
  const { y } = await device.read({ y: embed(device, ids, table, device.from(hostIndices([0, 1, 3]))) });
  assertEquals([...y.data], [20, 21, 0, 1, 20, 21, 0, 0]);
});

gpuTest("embed: a vocabulary of 50,368 by its last row", async (gpu) => {
  const table = gpu.from(hostTensor([50368, 4], new Float32Array(4 * 50368).map((_, i) => i)));
  const ids = gpu.from(hostIndices([50367, 0, 50366]));
  const { y } = await gpu.read({ y: embed(gpu, ids, table) });
  gpu.free(table);
  assertEquals([...y.data], [50367, 0, 50366].flatMap((id) => [0, 1, 2, 3].map((j) => 4 * id + j)));
});
