import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Device, hostIndices, hostTensor } from "../src/op/device.ts";
import { POOLINGS } from "../src/op/kinds.ts";
import { pool, poolOp, type PoolParams } from "../src/ops/pool.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/pool.ts";
import { size } from "./support/arbitraries.ts";
import { equivalence } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";
import type { WebGpuDevice } from "../kernels/mod.ts";

equivalence(poolOp, cases.pool);

const device = new ReferenceDevice("f64");

const devicesOf = (gpu: WebGpuDevice): Device[] => [...everyVariant(gpu), new ReferenceDevice()];

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
    for (const kind of POOLINGS) {
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
    ["max", [6, 9, 0, 0, 3, 4]],
    ["mean_sqrt_len", [6 / Math.SQRT2, 10 / Math.SQRT2, 0, 0, 3, 4]],
    ["weighted_mean", [4, 11 / 3, 0, 0, 3, 4]],
  ];
  for (const [kind, y] of examples) {
    const plain = await pooled(2, x, offsets, { kind, normalize: false });
    plain.forEach((value, i) => assertAlmostEquals(value, y[i], 1e-14));
    assertEquals((await pooled(2, x, offsets, { kind, normalize: true })).slice(2), [0, 0, 0.6, 0.8]);
  }
  assertEquals(await pooled(2, [0, 0], [0, 1], { kind: "mean", normalize: true }), [0, 0]);
  assertEquals(await pooled(2, [], [0], { kind: "mean", normalize: true }), []);
});

gpuTest("pool: vectors of any size have the same direction, on all devices", async (gpu) => {
  const x = Float32Array.of(3, -4, 0, 12), unit = [3 / 13, -4 / 13, 0, 12 / 13];
  for (const device of devicesOf(gpu)) {
    for (const scale of [1e-37, 1e-25, 1, 1e25, 1e37]) {
      const rows = device.from(hostTensor([1, 4], x.map((value) => value * scale)));
      const y = pool(device, rows, device.from(hostIndices([0, 1])), { kind: "max", normalize: true });
      [...(await device.read({ y })).y.data].forEach((value, i) => assertAlmostEquals(value, unit[i], 1e-6));
    }
    const none = device.from(hostTensor([1, 2], [NaN, 1]));
    for (const kind of POOLINGS) {
      const y = pool(device, none, device.from(hostIndices([0, 1])), { kind, normalize: false });
      assertEquals([...(await device.read({ y })).y.data], [NaN, 1]);
    }
  }
});

gpuTest("pool: a mean inside float32 is found where the sum is beyond it", async (gpu) => {
  const row = [3e38, -3e38, 1e-30, 1], rows = [row, row, row, row.map((value) => value / 2)];
  const means: Partial<Record<PoolParams["kind"], number>> = { mean: 3.5 / 4, weighted_mean: 8 / 10 };
  for (const device of devicesOf(gpu)) {
    for (const D of [3, 4]) {
      for (const [kind, share] of Object.entries(means) as [PoolParams["kind"], number][]) {
        const x = device.from(hostTensor([4, D], rows.flatMap((row) => row.slice(0, D))));
        for (const normalize of [false, true]) {
          const y = pool(device, x, device.from(hostIndices([0, 4])), { kind, normalize });
          const length = normalize ? Math.SQRT2 * 3e38 * share : 1;
          [...(await device.read({ y })).y.data].forEach((value, i) => {
            const wanted = row[i] * share / length;
            assertAlmostEquals(value, wanted, Math.max(1e-6 * Math.abs(wanted), 1e-38));
          });
        }
      }
    }
  }
});
