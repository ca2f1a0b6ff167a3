import { assertAlmostEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import type { AnyOp } from "../src/op/op.ts";
import * as losses from "../src/ops/losses.ts";
import * as ops from "../src/ops/losses_grad.ts";
import { countChoices } from "../src/ops/optimizer.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice, type RefTensor } from "../reference/mod.ts";
import * as cases from "./cases/losses_grad.ts";
import { size } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(ops.crossEntropyGradOp, cases.crossEntropyGrad);
equivalence(ops.binaryCrossEntropyGradOp, cases.binaryCrossEntropyGrad, 60);
equivalence(ops.logSumExpGradOp, cases.logSumExpGrad, 60);
equivalence(ops.meanGradOp, cases.meanGrad, 60);
equivalence(ops.loadBalanceLossGradOp, cases.loadBalanceLossGrad, 40);

const device = new ReferenceDevice("f64");
const on = (host: HostTensor) => device.from(host);
const list = (values: ArrayLike<number>, shape?: number[]) => on(hostIndices(values, shape));
const table = (columns: number, values: ArrayLike<number>) =>
  on(hostTensor([values.length / columns, columns], Float64Array.from(values)));
const number = (value: number) => on(hostTensor([1], Float64Array.of(value)));
const total = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
const close = (actual: ArrayLike<number>, expected: number[]) =>
  expected.forEach((value, i) => assertAlmostEquals(actual[i], value, 1e-14));

/** `count` whole numbers from `least` to below `below`. */
const whole = (seed: number, count: number, least: number, below: number) =>
  Int32Array.from(normals(seed, count), (value) => least + Math.abs(Math.trunc(value * 1e3)) % (below - least));

/** What losses are made of: rows of E numbers, labels (some negative), chosen rows, k experts each, perhaps dead rows. */
const situation = fc.record({ M: size(9, 1), E: size(9, 1), k: size(3, 1), seed: fc.nat(), dead: fc.boolean() })
  .map(({ M, E, k, seed, dead }) => ({
    x: table(E, normals(seed, M * E)),
    scores: table(1, normals(seed + 1, M, 3)),
    upstream: table(1, normals(seed + 2, M)),
    labels: list(whole(seed + 3, M, -1, E)),
    rows: list([...whole(seed + 4, M, 0, 2)].flatMap((chosen, m) => chosen === 1 ? [m] : [])),
    experts: list(whole(seed + 5, M * k, 0, E), [M, k]),
    offsets: dead ? list([0, M >> 1]) : undefined,
    live: dead ? M >> 1 : M,
  }));

type Given = Record<string, RefTensor | undefined>;

/** The operation's own derivative of one input is what differences of Σ upstream·output say. */
function derives(op: AnyOp, of: string, given: Given, upstream: RefTensor, params = {}): void {
  const inputs = given as Record<string, RefTensor>; // an operation knows which may be absent
  const run = (inputs: Record<string, RefTensor>): Record<string, RefTensor> => device.run(op, inputs, params);
  const from = op.outputs[0].name;
  const f = (moved: Record<string, HostTensor>) => inner(upstream, run({ ...inputs, [of]: on(moved[of]) })[from]);
  const gradients = op.vjp!(device, { inputs, outputs: run(inputs), grads: { [from]: upstream }, params });
  assertGradients(f, { [of]: inputs[of] }, { [of]: gradients[of]() });
}

Deno.test("losses: derivatives equal central differences, and are 0 for rows that are not live", () => {
  fc.assert(fc.property(situation, ({ x, scores, upstream, labels, rows, experts, offsets }) => {
    const one = number(upstream.data[0]);
    derives(losses.crossEntropyOp, "logits", { logits: x, labels, offsets }, upstream);
    derives(losses.logSumExpOp, "x", { x, offsets }, upstream);
    derives(losses.binaryCrossEntropyOp, "scores", { scores, rows, kept: list([rows.shape[0]]), offsets }, upstream);
    derives(losses.meanOp, "x", { x: scores, labels, offsets }, one);
    derives(losses.meanOp, "x", { x: scores, offsets }, one);
    derives(losses.meanOp, "x", { x: scores, labels, offsets, total: number(7) }, one);
    const [[, E], [, k]] = [x.shape, experts.shape];
    for (const slots of [{ experts, offsets }, { experts }]) {
      derives(
        losses.loadBalanceLossOp,
        "probs",
        { probs: x, counts: countChoices(device, slots, { E }), offsets },
        one,
        { k },
      );
    }
  }));
});

Deno.test("losses: row sums of the derivatives", () => {
  fc.assert(fc.property(situation, ({ x, upstream: dy, labels, experts, offsets, live }) => {
    const [M, E] = x.shape;
    const row = (data: RefTensor["data"], m: number) => data.subarray(m * E, (m + 1) * E);
    const nothing = ops.crossEntropyGrad(device, { logits: x, labels, dnll: dy, offsets });
    const shares = ops.logSumExpGrad(device, { x, y: losses.logSumExp(device, x), dy, offsets });
    for (let m = 0; m < live; m++) {
      assertAlmostEquals(total(row(nothing.data, m)), 0, 1e-14);
      assertAlmostEquals(total(row(shares.data, m)), dy.data[m], 1e-14);
    }
    if (live === 0) return;
    assertAlmostEquals(total(ops.meanGrad(device, { dy: number(3), offsets }, { M }).data), 3, 1e-14);
    const [k, counts] = [experts.shape[1], countChoices(device, { experts, offsets }, { E })];
    const balance = ops.loadBalanceLossGrad(device, { counts, dloss: number(3), offsets }, { M, k });
    assertAlmostEquals(total(balance.data), 3 * E * k, 1e-12);
  }));
});

Deno.test("losses: derivatives worked by hand", () => {
  const logits = table(2, [0, Math.log(3), 5, 5, 0, 0]);
  const [dnll, offsets] = [table(1, [4, 4, 4]), list([0, 2])];
  const one = ops.crossEntropyGrad(device, { logits, labels: list([1, -1, 0]), dnll, offsets });
  close(one.data, [1, -1, 0, 0, 0, 0]);
  const scores = table(1, [0, Math.log(3), Math.log(3), 7]);
  const two = { scores, rows: list([1, 2]), kept: list([0, 1]), dbce: table(1, [4, 4, 4, 4]), offsets: list([0, 3]) };
  close(ops.binaryCrossEntropyGrad(device, two).data, [2, -1, 3, 0]);
  const three = ops.logSumExpGrad(device, { x: logits, y: table(1, [Math.log(4), 5, 9]), dy: dnll, offsets });
  close(three.data, [1, 3, 4, 4, 0, 0]);
  const four = ops.meanGrad(device, { dy: number(6), labels: list([0, -1, 7, 0]), offsets: list([0, 3]) }, { M: 4 });
  close(four.data, [3, 0, 3, 0]);
  close(ops.meanGrad(device, { dy: number(6), labels: list([-1, -2]) }, { M: 2 }).data, [0, 0]);
  const share = ops.meanGrad(device, { dy: number(6), labels: list([0, -1]), total: number(12) }, { M: 2 });
  close(share.data, [0.5, 0]);
  const [few, eight] = [[0, 2], [2, 6]].map((counts) => on(hostTensor([2], counts)));
  const five = ops.loadBalanceLossGrad(device, { counts: few, dloss: number(5), offsets }, { M: 3, k: 1 });
  close(five.data, [0, 10 * 2 / 4, 0, 10 * 2 / 4, 0, 0]);
  const six = ops.loadBalanceLossGrad(device, { counts: eight, dloss: number(5), offsets }, { M: 3, k: 2 }); // R = 4
  close(six.data, [10 * 2 / 16, 10 * 6 / 16, 10 * 2 / 16, 10 * 6 / 16, 0, 0]);
});

gpuTest("crossEntropyGrad: vocabularies of 50,368 and 50,257, with extreme logits", async (gpu) => {
  for (const V of [50368, 50257]) {
    const logits = hostTensor([3, V], normals(1, 3 * V, 5).map((value, i) => i < V ? value : value * 2000));
    const inputs = { logits, labels: hostIndices([V - 1, 0, -1]), dnll: hostTensor([3, 1], [0.1, 2, 3]) };
    for (const device of everyVariant(gpu)) await worstRatio(device, ops.crossEntropyGradOp, { inputs, params: {} });
  }
});

gpuTest("loadBalanceLossGrad, meanGrad: more rows than one invocation could count", async (gpu) => {
  const counts = hostTensor([4], [2 ** 22, 2 ** 23, 0, 2 ** 22]);
  const labels = hostIndices(whole(2, 150_000, -1, 2));
  for (const device of everyVariant(gpu)) {
    const balance = { inputs: { counts, dloss: hostTensor([1], [2]) }, params: { M: 60_000, k: 8 } };
    await worstRatio(device, ops.loadBalanceLossGradOp, balance);
    const mean = { inputs: { dy: hostTensor([1], [2]), labels }, params: { M: 150_000 } };
    await worstRatio(device, ops.meanGradOp, mean);
  }
});
