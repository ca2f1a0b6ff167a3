import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import * as ops from "../src/ops/losses.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice, type RefTensor } from "../reference/mod.ts";
import * as cases from "./cases/losses.ts";
import { size } from "./support/arbitraries.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(ops.crossEntropyOp, cases.crossEntropy);
equivalence(ops.logSumExpOp, cases.logSumExp, 60);
equivalence(ops.binaryCrossEntropyOp, cases.binaryCrossEntropy, 60);
equivalence(ops.meanOp, cases.mean, 60);
equivalence(ops.loadBalanceLossOp, cases.loadBalanceLoss, 60);

const device = new ReferenceDevice("f64");
const on = (host: HostTensor) => device.from(host);
const list = (values: number[], shape?: number[]) => on(hostIndices(values, shape));
const table = (columns: number, values: ArrayLike<number>) =>
  on(hostTensor([values.length / columns, columns], Float64Array.from(values)));
const values = async (y: RefTensor) => [...(await device.read({ y })).y.data];

const row = fc.tuple(size(70, 1), fc.nat()).map(([V, seed]) => [...normals(seed, V)]);

Deno.test("crossEntropy: log V for equal logits, and no shift matters", async () => {
  await fc.assert(fc.asyncProperty(row, fc.integer({ min: -1000, max: 1000 }), async (x, shift) => {
    const V = x.length;
    const label = list([V >> 1]);
    const [equal] = await values(ops.crossEntropy(device, table(V, x.map(() => shift)), label));
    assertAlmostEquals(equal, Math.log(V), 1e-12);
    const [one] = await values(ops.crossEntropy(device, table(V, x), label));
    const [other] = await values(ops.crossEntropy(device, table(V, x.map((value) => value + shift)), label));
    assertAlmostEquals(one, other, 1e-10);
  }));
});

Deno.test("logSumExp: moves with a shift, and of a row twice is log 2 more", async () => {
  await fc.assert(fc.asyncProperty(row, fc.integer({ min: -1000, max: 1000 }), async (x, shift) => {
    const [y] = await values(ops.logSumExp(device, table(x.length, x)));
    const [shifted] = await values(ops.logSumExp(device, table(x.length, x.map((value) => value + shift))));
    const [twice] = await values(ops.logSumExp(device, table(2 * x.length, [...x, ...x])));
    assertAlmostEquals(shifted, y + shift, 1e-10);
    assertAlmostEquals(twice, y + Math.LN2, 1e-12);
  }));
});

Deno.test("loadBalanceLoss: k for equal probabilities and any choice; k for balanced choices and any probabilities", async () => {
  await fc.assert(fc.asyncProperty(size(9, 1), size(5, 1), size(4, 1), fc.nat(), async (E, k, n, seed) => {
    const M = n * E;
    const any = Array.from(normals(seed, M * k), (value) => Math.abs(Math.round(1e3 * value)) % E);
    const { loss: equal, applications } = ops.loadBalanceLoss(device, {
      probs: table(E, new Array(M * E).fill(1 / E)),
      experts: list(any, [M, k]),
    });
    assertAlmostEquals((await values(equal))[0], k, 1e-12);
    assertEquals(await values(applications), [1]);
    const chance = normals(seed, M * E).map((value) => value * value);
    const sums = Array.from({ length: M }, (_, m) => chance.subarray(m * E, (m + 1) * E).reduce((a, b) => a + b));
    const { loss: balanced } = ops.loadBalanceLoss(device, {
      probs: table(E, Float64Array.from(chance, (value, i) => value / sums[Math.floor(i / E)])),
      experts: list(Array.from({ length: M * k }, (_, slot) => slot % E), [M, k]),
    });
    assertAlmostEquals((await values(balanced))[0], k, 1e-6);
  }));
});

Deno.test("losses: worked examples", async () => {
  const nll = ops.crossEntropy(device, table(2, [0, Math.log(3), 5, 5, 0, 0]), list([1, -1, 0]), list([0, 2]));
  const log = await values(nll);
  [Math.log(4 / 3), 0, 0].forEach((value, m) => assertAlmostEquals(log[m], value, 1e-15));
  const scores = table(1, [0, Math.log(3), Math.log(3), 7]);
  const bce = await values(
    ops.binaryCrossEntropy(device, { scores, rows: list([1, 2]), kept: list([0, 1]), offsets: list([0, 3]) }),
  );
  [Math.LN2, Math.log(4 / 3), Math.log(4), 0].forEach((value, m) => assertAlmostEquals(bce[m], value, 1e-15));
  const x = table(1, [1, 100, 3, 50]);
  assertEquals(await values(ops.mean(device, x, { labels: list([0, -1, 7, 0]), offsets: list([0, 3]) })), [2]);
  assertEquals(await values(ops.mean(device, x, { labels: list([-1, -1, -1, -2]) })), [0]);
  const probs = table(2, [0.5, 0.5, 0.25, 0.75, 9, 9]);
  const { loss, applications } = ops.loadBalanceLoss(device, {
    probs,
    experts: list([1, 1, 0], [3, 1]),
    offsets: list([0, 2]),
  });
  assertEquals(await values(loss), [2 * 1 * 0.625]);
  assertEquals(await values(applications), [1]);
  const total = on(hostTensor([1], [4]));
  const parts = [[0, 0, -1, -1], [-1, -1, 0, 0]].map((labels) => ops.mean(device, x, { labels: list(labels), total }));
  assertEquals([await values(parts[0]), await values(parts[1])], [[101 / 4], [53 / 4]]);
  assertEquals(await values(ops.mean(device, x, { total: on(hostTensor([1], [0])) })), [0]);
  const counts = on(hostTensor([2], [1, 3]));
  const share = ops.loadBalanceLoss(device, { probs, experts: list([1, 1, 0], [3, 1]), offsets: list([0, 2]), counts });
  assertEquals(await values(share.loss), [2 * (1 / 4 * 0.75 / 4 + 3 / 4 * 1.25 / 4)]);
  const none = ops.loadBalanceLoss(device, { probs, experts: list([1, 1, 0], [3, 1]), offsets: list([0]) });
  assertEquals([await values(none.loss), await values(none.applications)], [[0], [0]]);
});

gpuTest("crossEntropy: a vocabulary of 50,368, with extreme logits", async (gpu) => {
  const logits = hostTensor([3, 50368], normals(1, 3 * 50368, 5).map((value, i) => i < 50368 ? value : value * 2000));
  for (const device of everyVariant(gpu)) {
    const inputs = { logits, labels: hostIndices([50367, 0, 17]) };
    await worstRatio(device, ops.crossEntropyOp, { inputs, params: {} });
  }
});
