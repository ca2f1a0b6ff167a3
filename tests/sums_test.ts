/** The error model of sums: it holds for float32 sums of random, equal, alternating and sorted terms in several orders. */
import { assert, assertEquals } from "@std/assert";
import { hostTensor } from "../src/op/device.ts";
import { linearOp } from "../src/ops/linear.ts";
import { sumRowsOp } from "../src/ops/linear_grad.ts";
import { normals } from "../src/common/random.ts";
import { deviating, FAILURE, LAMBDA, sumOf } from "../reference/accuracy/sums.ts";
import { worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

const N = 2624;
const terms: Record<string, (seed: number) => Float32Array> = {
  random: (seed) => normals(seed, N),
  "of one sign": (seed) => normals(seed, N).map((x) => x * x),
  equal: (seed) => new Float32Array(N).fill(normals(seed, 1)[0]),
  "equal in blocks": (seed) => Float32Array.from({ length: N }, (_, i) => normals(seed + (i >> 7), 1)[0]),
  sorted: (seed) => normals(seed, N).sort(),
  "with a trend": (seed) => normals(seed, N).map((x, i) => x + 2 * i / N - 1),
  "one large": (seed) => normals(seed, N).map((x, i) => i === 7 ? 1e4 : x),
};

/** Float32 sums: in order, backwards, in lanes, and in pairs. */
const orders: Record<string, (x: Float32Array) => number> = {
  forwards: (x) => x.reduce((sum, value) => Math.fround(sum + value), 0),
  backwards: (x) => x.reduceRight((sum, value) => Math.fround(sum + value), 0),
  lanes(x) {
    const lanes = new Float32Array(64);
    x.forEach((value, i) => lanes[i % 64] += value);
    return orders.forwards(lanes);
  },
  pairs(x) {
    if (x.length === 1) return x[0];
    const half = x.length >> 1;
    return Math.fround(orders.pairs(x.subarray(0, half)) + orders.pairs(x.subarray(half)));
  },
};

Deno.test("sums: the error of float32 is below the bound, whatever the terms and the order", () => {
  for (const [kind, make] of Object.entries(terms)) {
    let worst = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const x = make(1000 * seed);
      const sum = sumOf(N, (i) => x[i]);
      for (const add of Object.values(orders)) {
        worst = Math.max(worst, Math.abs(add(x) - sum.value) / sum.error({ term: 0 }));
      }
    }
    assert(worst <= 1, `${kind}: ${worst}`);
    if (kind === "random" || kind === "of one sign") assert(worst > 0.01, `${kind}: ${worst}`);
  }
});

Deno.test("sums: few terms have the guaranteed bound, and random ones of 2,624 a hundredth of it", () => {
  const few = sumOf(3, (i) => i + 0.5), many = sumOf(N, (i) => terms.random(1)[i]);
  assertEquals(few.error() > few.probable(), false);
  assert(few.guaranteed() < few.probable());
  assert(many.probable() < many.guaranteed() / 50);
  assert(2 * Math.exp(-(LAMBDA ** 2) / 2) <= FAILURE * (1 + 1e-9));
});

Deno.test("sums: by variance the error of a chain is above float32's, and below that of one sum in 2^60", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const x = terms.random(1000 * seed);
    const sum = sumOf(N, (i) => x[i]);
    const [deviation, largest] = [deviating(() => sum.probable({ term: 0 })), sum.probable({ term: 0 })];
    assert(Math.abs(orders.forwards(x) - sum.value) < deviation && deviation < largest);
    assertEquals(sum.probable({ term: 0 }), largest);
  }
});

gpuTest("sums: kernels that add equal numbers stay within the bound", async (gpu) => {
  const constant = (rows: number, columns: number, value: number) =>
    hostTensor([rows, columns], new Float32Array(rows * columns).fill(value));
  for (const device of everyVariant(gpu)) {
    for (const value of [0.1, 1 / 3, 1.0000001]) {
      const products = { x: constant(2, N, value), w: constant(9, N, 0.7) };
      await worstRatio(device, linearOp, { inputs: products, params: { from: 0, to: 9 } });
      await worstRatio(device, sumRowsOp, { inputs: { dy: constant(N, 5, value) }, params: { from: 0, rows: 5 } });
    }
  }
});
