import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { rope, ropeOp, ropeTable, ropeWriteOp } from "../src/ops/rope.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/rope.ts";
import { size, tensor } from "./support/arbitraries.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(ropeOp, cases.rope);
equivalence(ropeWriteOp, cases.ropeWrite, 40);

const T = 4096;

/** Rotates one head vector to a position. */
function rotate(x: ArrayLike<number>, position: number): number[] {
  const device = new ReferenceDevice("f64");
  const K = x.length;
  const inputs = {
    x: device.from(hostTensor([1, K], Float64Array.from(x))),
    positions: device.from(hostIndices([position])),
    table: device.from(ropeTable(T, K, 10000)),
  };
  return [...rope(device, inputs, { H: 1, G: 0, K }).q.data];
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const pair = size(8, 1).chain((half) => fc.tuple(tensor([2 * half]), tensor([2 * half])));
const place = fc.nat(T / 2 - 1);

Deno.test("rope: scores depend on differences of positions only", () => {
  fc.assert(
    fc.property(pair, place, place, place, ([q, k], i, j, shift) => {
      const here = dot(rotate(q.data, i), rotate(k.data, j));
      const there = dot(rotate(q.data, i + shift), rotate(k.data, j + shift));
      assertAlmostEquals(here, there, 1e-9);
    }),
    { numRuns: 30 },
  );
});

Deno.test("rope: a rotation preserves the norm, position 0 changes nothing, other positions do", () => {
  fc.assert(
    fc.property(pair, place, ([x], i) => {
      const numbers = [...x.data];
      const turned = rotate(numbers, i);
      assertAlmostEquals(dot(turned, turned), dot(numbers, numbers), 1e-9);
      assertEquals(rotate(numbers, 0), numbers);
      const moved = Math.hypot(...turned.map((value, at) => value - numbers[at]));
      assert(i === 0 || moved > 5e-5 * Math.hypot(...numbers)); // no pair turns by less: 2·sin(710/2) = 6e-5
    }),
    { numRuns: 30 },
  );
});

Deno.test("rope: a worked example: heads are split, queries and keys turn by 90 degrees, values stay", async () => {
  const device = new ReferenceDevice();
  const inputs = {
    x: device.from(hostTensor([1, 6], [1, 2, 3, 4, 5, 6])),
    positions: device.from(hostIndices([1])),
    table: device.from(hostTensor([2, 2], [1, 0, 0, 1])),
  };
  const { q, kv } = await device.read(rope(device, inputs, { H: 1, G: 1, K: 2 }));
  assertEquals([...q.data], [-2, 1]);
  assertEquals([...kv.data], [-4, 3, 5, 6]);
});

Deno.test("rope: the table holds cosines, then sines, of t·θ^(−2i/K)", () => {
  const { shape, data }: HostTensor = ropeTable(3, 4, 100);
  assertEquals(shape, [3, 4]);
  const row = [Math.cos(2), Math.cos(0.2), Math.sin(2), Math.sin(0.2)];
  row.forEach((value, i) => assertAlmostEquals(data[8 + i], value, 1e-15));
});
