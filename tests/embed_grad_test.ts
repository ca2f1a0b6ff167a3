import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { embed } from "../src/ops/embed.ts";
import { embedGrad, embedGradOp } from "../src/ops/embed_grad.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/embed_grad.ts";
import { indices, offsets, size, tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(embedGradOp, cases.embedGrad);

/** Ids, a table, and a gradient of the rows looked up. */
const lookups = fc.tuple(size(9), size(5, 1), size(3, 1)).chain(([M, V, J]) =>
  fc.record({ ids: indices(M, 0, V - 1), table: tensor([V, J]), upstream: tensor([M, J]), offsets: offsets(M) })
);

Deno.test("embedGrad: equals central differences of the embedding", () => {
  fc.assert(
    fc.property(lookups, ({ ids: rows, table, upstream, offsets: ends }) => {
      const device = new ReferenceDevice("f64");
      const [ids, offsets] = [device.from(rows), device.from(ends)];
      const gradient = embedGrad(device, { ids, dy: device.from(upstream), offsets }, { V: table.shape[0], from: 0 });
      assertGradients(({ table }) => inner(upstream, embed(device, ids, device.from(table), offsets)), { table }, {
        table: gradient,
      });
    }),
    { numRuns: 40 },
  );
});

Deno.test("embedGrad: column sums of the gradient equal those of dy", () => {
  fc.assert(fc.property(lookups, ({ ids, table, upstream }) => {
    const device = new ReferenceDevice("f64");
    const [V, J] = table.shape;
    const gradient = embedGrad(device, { ids: device.from(ids), dy: device.from(upstream) }, { V, from: 0 });
    const column = (data: ArrayLike<number>, j: number) =>
      Array.from(data).reduce((sum, value, i) => i % J === j ? sum + value : sum, 0);
    for (let j = 0; j < J; j++) assert(Math.abs(column(gradient.data, j) - column(upstream.data, j)) < 1e-12);
  }));
});

Deno.test("embedGrad: a worked example; dead rows do not count", () => {
  const device = new ReferenceDevice();
  const dy = device.from(hostTensor([4, 2], [1, 2, 10, 20, 100, 200, NaN, NaN]));
  const ids = device.from(hostIndices([2, 0, 2, 0]));
  const offsets = device.from(hostIndices([0, 1, 3]));
  assertEquals([...embedGrad(device, { ids, dy, offsets }, { V: 4, from: 0 }).data], [10, 20, 0, 0, 101, 202, 0, 0]);
});

gpuTest("embedGrad: a large vocabulary, and more rows of one id than a loop has turns", async (gpu) => {
  const gradient = (M: number, V: number, J: number, id: (m: number) => number) => ({
    inputs: { ids: hostIndices(Array.from({ length: M }, (_, m) => id(m))), dy: hostTensor([M, J], normals(1, M * J)) },
    params: { V, from: 0 },
  });
  for (const device of everyVariant(gpu)) {
    await worstRatio(device, embedGradOp, gradient(200, 50368, 4, (m) => (m * 7919 + 50367) % 50368));
    await worstRatio(device, embedGradOp, gradient(70001, 3, 4, () => 1));
    await worstRatio(device, embedGradOp, gradient(20, 70, 1100, (m) => m % 7));
  }
});

gpuTest("embedGrad: the same numbers give the same gradient, bit by bit", async (gpu) => {
  const ids = gpu.from(hostIndices(Array.from({ length: 999 }, (_, m) => m * m % 10)));
  const dy = gpu.from(hostTensor([999, 64], normals(1, 999 * 64)));
  const run = async () => (await gpu.read({ dtable: embedGrad(gpu, { ids, dy }, { V: 10, from: 0 }) })).dtable.data;
  assertEquals(await run(), await run());
  [ids, dy].forEach((tensor) => gpu.free(tensor));
});
