import fc from "fast-check";
import { assertAlmostEquals } from "@std/assert";
import { GATES, ROUTES } from "../src/op/kinds.ts";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { gate, route, type RouteParams } from "../src/ops/router.ts";
import { gateGrad, gateGradOp, routeGrad, routeGradOp } from "../src/ops/router_grad.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/router_grad.ts";
import { tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(gateGradOp, cases.gateGrad);
equivalence(routeGradOp, cases.routeGrad);

const device = new ReferenceDevice("f64");
const [M, E] = [2, 5];
const sumOf = (data: ArrayLike<number>) => Array.from(data).reduce((a, b) => a + b, 0);

Deno.test("gateGrad: the gradient of gate", () => {
  const params = fc.record({ kind: fc.constantFrom(...GATES), alpha: fc.constantFrom(0.1, -2) });
  fc.assert(fc.property(tensor([4, 1], 2), tensor([4, 1]), params, (scores, dgates, params) => {
    const forward = (t: { scores: HostTensor }) => inner(gate(device, device.from(t.scores), params), dgates);
    const inputs = { scores: device.from(scores), dgates: device.from(dgates) };
    assertGradients(forward, { scores }, { scores: gateGrad(device, inputs, params) });
  }));
});

/** Logits so far apart that no small step changes the choice; of them, how many to choose and how to weigh them. */
const routed = fc.record({
  logits: fc.tuple(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: E }), tensor([M, E], 0.03))
    .map(([order, { data }]) => hostTensor([M, E], Float64Array.from(data, (noise, i) => order[i % E] * 0.4 + noise))),
  dprobs: tensor([M, E]),
  seed: fc.nat(),
  params: fc.record({
    k: fc.integer({ min: 1, max: E }),
    kind: fc.constantFrom(...ROUTES),
    alpha: fc.constantFrom(1, 0.3),
    normalize: fc.boolean(),
  }),
});

Deno.test("routeGrad: the gradient of route, by probabilities and by weights", () => {
  fc.assert(fc.property(routed, ({ logits, dprobs, seed, params }) => {
    const dweights = hostTensor([M, params.k], normals(seed, M * params.k));
    const found = route(device, { logits: device.from(logits) }, params);
    const forward = (t: { logits: HostTensor }) => {
      const { probs, weights } = route(device, { logits: device.from(t.logits) }, params);
      return inner(probs, dprobs) + inner(weights, dweights);
    };
    const inputs = { ...found, dprobs: device.from(dprobs), dweights: device.from(dweights) };
    assertGradients(forward, { logits }, { logits: routeGrad(device, inputs, params) });
  }));
});

Deno.test("routeGrad: gradients through a softmax sum to zero; a single normalised weight has none", () => {
  fc.assert(fc.property(routed, ({ logits, dprobs, params }) => {
    const run = (grads: "dprobs" | "dweights", params: RouteParams) => {
      const found = route(device, { logits: device.from(logits) }, params);
      const upstream = grads === "dprobs" ? { dprobs: device.from(dprobs) } : { dweights: found.weights };
      return routeGrad(device, { ...found, ...upstream }, params).data;
    };
    const dlogits = run("dprobs", { ...params, kind: "softmax" });
    for (let m = 0; m < M; m++) {
      assertAlmostEquals(sumOf(dlogits.subarray(m * E, m * E + E)), 0, 1e-14);
    }
    for (const value of run("dweights", { ...params, k: 1, normalize: true })) assertAlmostEquals(value, 0, 1e-14);
  }));
});

Deno.test("routeGrad: worked examples", () => {
  const run = (
    p: number[],
    e: number[],
    w: number[],
    grads: Record<string, number[]>,
    params: Omit<RouteParams, "k">,
  ) => {
    const [k, row] = [e.length, (data: number[]) => device.from(hostTensor([1, data.length], Float64Array.from(data)))];
    const found = { probs: row(p), experts: device.from(hostIndices(e, [1, k])), weights: row(w) };
    const upstream = Object.fromEntries(Object.entries(grads).map(([name, data]) => [name, row(data)]));
    return [...routeGrad(device, { ...found, ...upstream }, { k, ...params }).data];
  };
  const softmax = { kind: "softmax", alpha: 1 } as const;
  const examples: [actual: number[], expected: number[]][] = [
    [run([0.25, 0.75], [1], [0.75], { dweights: [1] }, { ...softmax, normalize: false }), [-0.1875, 0.1875]],
    [run([0.5, 0.25, 0.25], [0, 1], [2 / 3, 1 / 3], { dweights: [3, 0] }, { ...softmax, normalize: true }), [
      2 / 3,
      -2 / 3,
      0,
    ]],
    [run([0.25, 0.75], [1], [1], { dprobs: [4, 8] }, { ...softmax, normalize: true }), [-0.75, 0.75]],
    [run([0.25], [0], [0.25], { dprobs: [8] }, { kind: "sigmoid", alpha: 0.5, normalize: false }), [1]],
    [run([0, 0], [0], [0], { dprobs: [8, 1] }, { kind: "softmax", alpha: 0, normalize: false }), [0, 0]],
  ];
  for (const [actual, expected] of examples) {
    expected.forEach((value, e) => assertAlmostEquals(actual[e], value, 1e-15));
  }
});

gpuTest("router_grad: more groups than one dimension of a grid", async (gpu) => {
  const rows = 64 * 65535 + 70;
  const [scores, dgates] = [1, 2].map((seed) => hostTensor([rows, 1], normals(seed, rows)));
  const params = { kind: "sigmoid", alpha: 0.1 } as const;
  await worstRatio(everyVariant(gpu)[0], gateGradOp, { inputs: { scores, dgates }, params });
});
