import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { hostIndices, hostTensor } from "../src/device.ts";
import { pool, poolOp, type PoolParams } from "../src/ops/pool.ts";
import { normals } from "../src/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/pool.ts";
import { size } from "./support/arbitraries.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(poolOp, cases.pool);

const device = new ReferenceDevice("f64");

async function pooled(D: number, x: ArrayLike<number>, offsets: number[], params: PoolParams) {
  const rows = device.from(hostTensor([x.length / D, D], Float64Array.from(x)));
  return [...(await device.read({ y: pool(device, rows, device.from(hostIndices(offsets)), params) })).y.data];
}

Deno.test("pool: normalised vectors are unit vectors; of one row, every pooling is that row", async () => {
  await fc.assert(fc.asyncProperty(size(20, 1), size(20, 1), fc.nat(), async (M, D, seed) => {
    const x = normals(seed, M * D);
    const unit = await pooled(D, x, [0, M], { kind: "mean", normalize: true });
    assertAlmostEquals(unit.reduce((sum, value) => sum + value * value, 0), 1, 1e-12);
    const every = Array.from({ length: M + 1 }, (_, m) => m);
    for (const kind of ["mean", "first", "last"] as const) {
      assertEquals(await pooled(D, x, every, { kind, normalize: false }), [...x]);
    }
  }));
});

Deno.test("pool: worked examples, an empty sequence gives zeros", async () => {
  const x = [0, 9, 6, 1, 3, 4];
  const offsets = [0, 2, 2, 3];
  const examples: [kind: PoolParams["kind"], y: number[]][] = [
    ["mean", [3, 5, 0, 0, 3, 4]],
    ["first", [0, 9, 0, 0, 3, 4]],
    ["last", [6, 1, 0, 0, 3, 4]],
  ];
  for (const [kind, y] of examples) {
    assertEquals(await pooled(2, x, offsets, { kind, normalize: false }), y);
    assertEquals((await pooled(2, x, offsets, { kind, normalize: true })).slice(2), [0, 0, 0.6, 0.8]);
  }
  assertEquals(await pooled(2, [0, 0], [0, 1], { kind: "mean", normalize: true }), [0, 0]);
  assertEquals(await pooled(2, [], [0], { kind: "mean", normalize: true }), []);
});

Deno.test("pool: says what does not fit", () => {
  const x = device.from(hostTensor([3], [1, 2, 3]));
  const offsets = device.from(hostIndices([]));
  const params = { kind: "mean", normalize: false } as const;
  assertThrows(
    () => pool(device, x, offsets, params),
    RangeError,
    "Cannot apply pool: x has shape [3], expected [any,any]",
  );
  const rows = device.from(hostTensor([1, 3], [1, 2, 3]));
  assertThrows(() => pool(device, rows, offsets, params), RangeError, "Cannot apply pool: offsets is empty");
});
