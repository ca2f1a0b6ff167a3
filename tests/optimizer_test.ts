import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Device, hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import type { Tensor } from "../src/op/op.ts";
import { adamW, adamWOp, balanceBias, balanceBiasOp, ema, emaOp } from "../src/ops/optimizer.ts";
import { countChoices, countChoicesOp, store, storeOp, sumSquares, sumSquaresOp } from "../src/ops/optimizer.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice, type RefTensor } from "../reference/mod.ts";
import * as cases from "./cases/optimizer.ts";
import { tensor } from "./support/arbitraries.ts";
import { equivalence } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(sumSquaresOp, cases.sumSquares);
equivalence(adamWOp, cases.adamW);
equivalence(storeOp, cases.store);
equivalence(emaOp, cases.ema);
equivalence(countChoicesOp, cases.countChoices);
equivalence(balanceBiasOp, cases.balanceBias);

const vector = (...values: number[]) => hostTensor([values.length], values);
const params = { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0.1, clip: 0 };
const close = (a: number, b: number, error = 1e-12) => assert(Math.abs(a - b) <= error, `${a}, expected ${b}`);
const f64 = () => new ReferenceDevice("f64");

/** One step from p, m, v on any device. */
async function step<T extends Tensor>(
  device: Device<T>,
  state: { p: HostTensor; m: HostTensor; v: HostTensor },
  { g, squares = 1, lr = 0.1, t = 1, clip = 0, decay = 0.1 }: Record<string, number | HostTensor> & { g: HostTensor },
) {
  const rates = vector(Number(lr), 1 - 0.9 ** Number(t), 1 - 0.95 ** Number(t));
  const host = { ...state, g, squares: vector(Number(squares)), rates };
  const on = Object.fromEntries(Object.entries(host).map(([name, x]) => [name, device.from(x)])) as Record<string, T>;
  adamW(device, on as never, { ...params, clip: Number(clip), decay: Number(decay) });
  return await device.read({ p: on.p, m: on.m, v: on.v });
}

const fresh = (...p: number[]) => ({ p: vector(...p), m: vector(...p.map(() => 0)), v: vector(...p.map(() => 0)) });

Deno.test("adamW: a worked example of two steps", async () => {
  const one = await step(f64(), { ...fresh(1) }, { g: vector(0.5) });
  [close(one.m.data[0], 0.05, 1e-7), close(one.v.data[0], 0.0125, 1e-7)];
  close(one.p.data[0], 1 - 0.1 * (1 + 0.1), 1e-7); // m/c₁ = g, v/c₂ = g²: a step of 1, and the decay of p
  const two = await step(f64(), one, { g: vector(-0.5), t: 2 });
  [close(two.m.data[0], 0.9 * 0.05 - 0.05, 1e-7), close(two.v.data[0], 0.95 * 0.0125 + 0.0125, 1e-7)];
  close(two.p.data[0], 0.89 - 0.1 * (-0.005 / 0.19 / 0.5 + 0.089), 1e-6); // v/c₂ = 0.024375 / 0.0975 = 0.5²
});

Deno.test("adamW: the first step is lr against the sign of the gradient, whatever its size", async () => {
  const { p } = await step(f64(), fresh(0, 0, 0), { g: vector(1e-3, -7, 1e5), decay: 0 });
  p.data.forEach((value, i) => close(value, [-0.1, 0.1, -0.1][i], 1e-5));
});

Deno.test("adamW: a clipped gradient equals its direction scaled to the clip norm", async () => {
  await fc.assert(fc.asyncProperty(tensor([5]), fc.double({ min: 1, max: 1e6, noNaN: true }), async (g, scale) => {
    const norm = Math.hypot(...g.data);
    const unit = hostTensor([5], Float64Array.from(g.data, (value) => value / norm));
    const long = { ...unit, data: unit.data.map((value) => scale * value) };
    const clipped = await step(f64(), fresh(1, 2, 3, 4, 5), { g: long, squares: scale ** 2, clip: 1 });
    const exact = await step(f64(), fresh(1, 2, 3, 4, 5), { g: unit });
    clipped.m.data.forEach((value, i) => close(value, exact.m.data[i], 1e-6));
    clipped.p.data.forEach((value, i) => close(value, exact.p.data[i], 1e-6));
  }));
});

gpuTest("adamW: not finite squares change nothing, the largest finite ones do, on both backends", async (device) => {
  const state = { p: tensor([7]), m: tensor([7]), v: tensor([7]).map((v) => hostTensor([7], v.data.map(Math.abs))) };
  const [before] = fc.sample(fc.record(state), { seed: 1, numRuns: 1 });
  for (const backend of [f64(), new ReferenceDevice(), ...everyVariant(device)] as Device<Tensor>[]) {
    for (const squares of [NaN, -NaN, Infinity, 3.4e38]) {
      const after = await step(backend, before, { g: vector(1, 2, 3, 4, 5, 6, NaN), squares, clip: 1 });
      for (const name of ["p", "m", "v"] as const) {
        const same = before[name].data.every((value, i) => value === after[name].data[i]);
        assertEquals(same, !Number.isFinite(squares), `${name}, squares ${squares}`);
      }
    }
  }
});

gpuTest(
  "sumSquares: includes numbers that are not finite, and excludes words after the last element",
  async (device) => {
    for (const variant of everyVariant(device)) {
      for (const wrong of [NaN, Infinity, 1e30]) {
        const x = variant.from(vector(1, 2, 3, 4, 5, wrong));
        assert(!Number.isFinite((await variant.read({ y: sumSquares(variant, x) })).y.data[0]), `${wrong}`);
      }
      variant.free(variant.from(vector(NaN, NaN, NaN, NaN)));
      const { y } = await variant.read({ y: sumSquares(variant, variant.from(vector(3))) });
      assertEquals([...y.data], [9]);
    }
  },
);

gpuTest("sumSquares: the same bits each time; parts carry on where others ended", async (device) => {
  const [whole, first, rest] = [[0, 7001], [0, 3000], [3000, 7001]].map(([from, to]) =>
    device.from(hostTensor([to - from], normals(5, 7001).subarray(from, to)))
  );
  const sum = async () => (await device.read({ y: sumSquares(device, whole) })).y.data[0];
  const once = await sum();
  assertEquals(await sum(), once);
  const { y } = await device.read({ y: sumSquares(device, rest, sumSquares(device, first)) });
  close(y.data[0], once, 1e-5 * once);
});

gpuTest("store: a replayed program fills a list", async (device) => {
  const list = device.from(hostTensor([3, 2], new Float32Array(6)));
  const log = device.compile(({ x, at }) => (store(device, { list, x, at }), {}));
  for (const [at, a, b] of [[2, 5, 6], [0, 1, 2], [3, 9, 9], [-1, 9, 9], [1, 3, 4]]) {
    log.start({ x: hostTensor([1, 2], [a, b]), at: hostIndices([at]) });
  }
  assertEquals([...(await device.read({ list })).list.data], [1, 2, 3, 4, 5, 6]);
});

Deno.test("ema, countChoices and balanceBias: worked examples; not finite squares change nothing", () => {
  const device = f64();
  const [one, infinite] = [device.from(vector(1)), device.from(vector(Infinity))];
  const mean = device.from(vector(1, 2));
  for (const squares of [one, infinite]) {
    ema(device, { average: mean, p: device.from(vector(5, 2)), squares }, { decay: 0.75 });
  }
  assertEquals([...mean.data], [2, 2]);
  const experts = device.from(hostIndices([0, 1, 0, 2, 0, 3, 1, 1], [4, 2]));
  const count = (ends?: number[]) =>
    countChoices(device, { experts, offsets: ends && device.from(hostIndices(ends)) }, { E: 4 });
  const counted = [count(), count([0, 2]), count([0, 0])].flatMap(({ data }) => [...data]);
  assertEquals(counted, [3, 3, 1, 1, 2, 1, 1, 0, 0, 0, 0, 0]);
  const bias = device.from(vector(0.5, 0, 0, 0));
  const after = (counts: RefTensor, squares = one) => {
    balanceBias(device, { bias, counts, squares }, { rate: 0.25 });
    return [...bias.data];
  };
  assertEquals(after(count([0, 2])), [0.25, 0, 0, 0.25]); // of mean 1
  assertEquals(after(count()), [0, -0.25, 0.25, 0.5]); // of mean 2
  assertEquals(after(count([0, 0])), [0, -0.25, 0.25, 0.5]);
  assertEquals(after(count(), infinite), [0, -0.25, 0.25, 0.5]);
});
