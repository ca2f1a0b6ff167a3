// Numbers from counters: what a counter draws, and that counters are independent of one another.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { uniformAt } from "../src/common/random.ts";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { jitter } from "../src/ops/noise.ts";
import * as cases from "./cases/noise.ts";
import { gpuTest } from "./support/gpu.ts";

Deno.test("uniformAt: worked examples, modulo 2³²", () => {
  // lowbias32 once more, in whole numbers without a limit
  const mixed = (x: bigint) => {
    x = ((x ^ (x >> 16n)) * 0x7feb352dn) & 0xffffffffn;
    x = ((x ^ (x >> 15n)) * 0x846ca68bn) & 0xffffffffn;
    return x ^ (x >> 16n);
  };
  assertEquals(uniformAt(0, 0, 0), 0);
  const counter = fc.tuple(cases.seeds, cases.salts, fc.nat(2 ** 32 - 1));
  fc.assert(fc.property(counter, ([seed, salt, index]) => {
    const exact = mixed(BigInt(index) ^ mixed(BigInt(salt) ^ mixed(BigInt(seed >>> 0)))) >> 8n;
    assertEquals(uniformAt(seed, salt, index) * 2 ** 24, Number(exact));
  }));
});

gpuTest("uniformAt: shaders draw the numbers of the host, within one rounding", async (device) => {
  const count = 4099, x = device.from(hostTensor([count], new Float32Array(count).fill(1)));
  for (const [seed, salt] of [[0, 0], [-1, 7], [2 ** 31 - 1, 2 ** 32 - 1], [12345, 2 ** 31]]) {
    // 1 + 1·(2u − 1) = 2u
    const { y } = await device.read({
      y: jitter(device, x, { seed: device.from(hostIndices([seed, 0])) }, { rate: 1, salt }),
    });
    for (let i = 0; i < count; i++) assert(Math.abs(y.data[i] / 2 - uniformAt(seed, salt, i)) <= 2 ** -24, `draw ${i}`);
  }
});

Deno.test("uniformAt: uniform, and independent of the neighbour, of the place and of the step", () => {
  const count = 1 << 16;
  const draws = (seed: number, salt: number, first = 0) =>
    Array.from({ length: count }, (_, i) => uniformAt(seed, salt, first + i) - 0.5);
  // a mean of n independent numbers strays by σ/√n, by five of these once in two million
  const within = (values: number[], mean: number, deviation: number) => {
    const actual = values.reduce((sum, value) => sum + value, 0) / count;
    assert(Math.abs(actual - mean) <= 5 * deviation / Math.sqrt(count), `mean ${actual}, expected ${mean}`);
  };
  for (const [seed, salt] of [[1, 0], [0, 1], [-5, 77], [123456789, 2]]) {
    const u = draws(seed, salt);
    within(u, 0, Math.sqrt(1 / 12));
    within(u.map((value) => value ** 2), 1 / 12, Math.sqrt(1 / 180)); // E u⁴ − (E u²)² = 1/80 − 1/144
    for (const other of [draws(seed + 1, salt), draws(seed, salt + 1), draws(salt, seed), draws(seed, salt, 1)]) {
      within(u.map((value, i) => value * other[i]), 0, 1 / 12);
    }
  }
});
