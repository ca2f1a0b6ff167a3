/** The error model of sums that invocations share: it holds for every division that kernels use, and not for a chain. */
import { assert } from "@std/assert";
import { normals } from "../src/common/random.ts";
import { laneSumOf, ROW, TENSOR } from "../reference/accuracy/lanes.ts";

const N = 12_500;
const terms: Record<string, (seed: number) => Float32Array> = {
  random: (seed) => normals(seed, N),
  "of one sign": (seed) => normals(seed, N).map((x) => x * x),
  powers: (seed) => normals(seed, N, 3).map((x) => Math.exp(x - 12)),
  equal: (seed) => new Float32Array(N).fill(normals(seed, 1)[0]),
  "equal in blocks": (seed) => Float32Array.from({ length: N }, (_, i) => normals(seed + (i >> 7), 1)[0]),
  periodic: (seed) => Float32Array.from({ length: N }, (_, i) => normals(seed, 64)[i % 64]),
  sorted: (seed) => normals(seed, N).sort(),
  "with a trend": (seed) => normals(seed, N).map((x, i) => x + 2 * i / N - 1),
  "one large": (seed) => normals(seed, N).map((x, i) => i === 7 ? 1e4 : x),
  "mostly zero": (seed) => normals(seed, N).map((x, i) => i % 8 === 3 ? Math.abs(x) : 0),
};

/** The sum of some lanes in pairs, those half of them apart. */
function merged(lanes: Float32Array): number {
  for (let half = lanes.length >> 1; half > 0; half >>= 1) {
    for (let i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

/** Sums by so many lanes, to each of which one term in turn is added. */
const strided = (lanes: number) => (x: Float32Array) => {
  const sums = new Float32Array(lanes);
  x.forEach((value, i) => sums[i % lanes] += value);
  return merged(sums);
};

/** Sums of neighbouring terms, a lane each. */
const blocks = (lanes: number) => (x: Float32Array) => {
  const sums = new Float32Array(lanes);
  x.forEach((value, i) => sums[Math.floor(i / Math.ceil(x.length / lanes))] += value);
  return merged(sums);
};

/** Sums by so many lanes, to each of which the sum of four neighbours in turn is added. */
const words = (lanes: number) => (x: Float32Array) => {
  const four = (w: number) => x.subarray(4 * w, 4 * w + 4).reduce((sum, value) => Math.fround(sum + value), 0);
  return strided(lanes)(Float32Array.from({ length: x.length / 4 }, (_, w) => four(w)));
};

const allowed = {
  [ROW]: [strided(32), strided(64), strided(256), blocks(32), blocks(64), words(8), words(64), words(256)],
  [TENSOR]: [strided(128), strided(256), blocks(256), words(32), words(128)],
};

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

for (const [lanes, orders] of Object.entries(allowed)) {
  Deno.test(`sums of ${lanes} lanes: the error of float32 is below the bound, whatever the terms and the division`, () => {
    for (const [kind, make] of Object.entries(terms)) {
      let worst = 0;
      for (const seed of seeds) {
        const x = make(10_000 * seed);
        const sum = laneSumOf(N, (i) => x[i], { lanes: Number(lanes) });
        for (const add of orders) worst = Math.max(worst, Math.abs(add(x) - sum.value) / sum.error({ term: 0 }));
      }
      assert(worst <= 1, `${kind}: ${worst}`);
      if (["random", "of one sign", "powers"].includes(kind)) assert(worst > 0.01, `${kind}: ${worst}`);
    }
  });
}

Deno.test("sums of lanes: a chain of additions exceeds the bound, which lanes keep", () => {
  const n = 2 ** 17;
  const x = new Float32Array(n).fill(2 ** -25).fill(1, 0, 1); // 1 + 2⁻²⁵ is rounded to 1
  const chain = x.reduce((sum, value) => Math.fround(sum + value), 0);
  for (const [lanes, orders] of Object.entries(allowed)) {
    const sum = laneSumOf(n, (i) => x[i], { lanes: Number(lanes) });
    assert(Math.abs(chain - sum.value) > sum.error({ term: 0 }));
    for (const add of orders) assert(Math.abs(add(x) - sum.value) <= sum.error({ term: 0 }));
  }
});

Deno.test("sums of lanes: few terms may form a chain, and many have a smaller bound than in any order", () => {
  for (const seed of seeds) {
    const x = normals(seed, N).map(Math.abs);
    const few = laneSumOf(32, (i) => x[i]), many = laneSumOf(N, (i) => x[i]);
    assert(few.guaranteed({ term: 0 }) >= 31 * 2 ** -24 * few.value);
    assert(many.guaranteed() < N * 2 ** -24 * many.value / 20);
    assert(many.probable() < many.guaranteed() / 5);
  }
});
