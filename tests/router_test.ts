import fc from "fast-check";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { hostTensor } from "../src/op/device.ts";
import { gate, gateOp, route, routeOp } from "../src/ops/router.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/router.ts";
import { tensor } from "./support/arbitraries.ts";
import { equivalence } from "./support/equivalence.ts";
import { gpuTest } from "./support/gpu.ts";

equivalence(gateOp, cases.gate);
equivalence(routeOp, cases.route, 60);

const device = new ReferenceDevice("f64");
const softmax = { k: 2, kind: "softmax", alpha: 1, normalize: true } as const;

Deno.test("gate: half of α at zero, and opposite scores share α", () => {
  fc.assert(fc.property(tensor([5, 1], 4), fc.constantFrom(0.1, 1), (scores, alpha) => {
    const opposite = { ...scores, data: scores.data.map((z) => -z) };
    const [a, b] = [scores, opposite].map((z) => gate(device, device.from(z), { kind: "sigmoid", alpha }).data);
    a.forEach((g, m) => assertAlmostEquals(g + b[m], alpha, 1e-15));
  }));
  const zero = device.from(hostTensor([1, 1], [0]));
  assertEquals([...gate(device, zero, { kind: "sigmoid", alpha: 0.1 }).data], [0.05]);
});

Deno.test("route: probabilities and normalised weights sum to one; no alternative is chosen twice", () => {
  fc.assert(fc.property(tensor([3, 7], 3), fc.integer({ min: 1, max: 7 }), (logits, k) => {
    const { probs, experts, weights } = route(device, { logits: device.from(logits) }, { ...softmax, k });
    for (let m = 0; m < 3; m++) {
      const sum = (data: ArrayLike<number>) => Array.from(data).reduce((a, b) => a + b, 0);
      assertAlmostEquals(sum(probs.data.subarray(7 * m, 7 * m + 7)), 1, 1e-14);
      assertAlmostEquals(sum(weights.data.subarray(k * m, k * m + k)), 1, 1e-14);
      assertEquals(new Set(experts.data.subarray(k * m, k * m + k)).size, k);
      const chosen = [...experts.data.subarray(k * m, k * m + k)].map((e) => probs.data[7 * m + e]);
      assertEquals(chosen, [...chosen].sort((a, b) => b - a));
    }
  }));
});

Deno.test("route: one number added to all logits of a row changes nothing", () => {
  fc.assert(fc.property(tensor([2, 5], 2), fc.double({ min: -50, max: 50, noNaN: true }), (logits, c) => {
    const shifted = { ...logits, data: Float64Array.from(logits.data, (z) => z + c) };
    const a = route(device, { logits: device.from(logits) }, softmax);
    const b = route(device, { logits: device.from(shifted) }, softmax);
    assertEquals(a.experts.data, b.experts.data);
    a.probs.data.forEach((p, i) => assertAlmostEquals(p, b.probs.data[i], 1e-12));
  }));
});

Deno.test("route: the bias chooses but never weighs, and ties go to the lower", () => {
  const logits = device.from(hostTensor([1, 4], [0, Math.log(3), 0, 0]));
  const bias = device.from(hostTensor([4], [0, -1, 0, 1]));
  const plain = route(device, { logits }, softmax);
  assertEquals([...plain.experts.data], [1, 0]);
  plain.weights.data.forEach((w, j) => assertAlmostEquals(w, [0.75, 0.25][j], 1e-7));
  const biased = route(device, { logits, bias }, { ...softmax, normalize: false });
  assertEquals([...biased.experts.data], [3, 0]);
  biased.weights.data.forEach((w) => assertAlmostEquals(w, 1 / 6, 1e-7));
});

gpuTest("route: whatever the logits, the chosen are alternatives; huge ones still rank and tie", async (gpu) => {
  const logits = gpu.from(hostTensor([3, 4], [NaN, 1, 2, NaN, 0, -Infinity, Infinity, 0, 3e38, -3e38, 3e38, 0]));
  const { experts } = await gpu.read({ experts: route(gpu, { logits }, softmax).experts });
  assertEquals([...experts.data].every((e) => 0 <= e && e < 4), true);
  assertEquals([...experts.data.subarray(4)], [0, 2]);
});
