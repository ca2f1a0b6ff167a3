import fc from "fast-check";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { gatedUnit } from "../src/ops/activation.ts";
import { loraDown, loraDownOp, loraGatedUnit, loraGatedUnitOp, loraUp, loraUpOp } from "../src/ops/experts.ts";
import { linear } from "../src/ops/linear.ts";
import { ReferenceDevice, type RefTensor } from "../reference/mod.ts";
import * as cases from "./cases/experts.ts";
import { tensor } from "./support/arbitraries.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(loraDownOp, cases.loraDown, 60);
equivalence(loraGatedUnitOp, cases.loraGatedUnit, 60);
equivalence(loraUpOp, cases.loraUp, 60);

const device = new ReferenceDevice("f64");
const on = (shape: number[], data: ArrayLike<number>) => device.from(hostTensor(shape, Float64Array.from(data)));
const close = (a: RefTensor, b: RefTensor) => a.data.forEach((value, i) => assertAlmostEquals(value, b.data[i], 1e-12));

const [M, D, F, R, E, k] = [3, 5, 4, 2, 3, 2];

/** A small mixture: h [M, D], both dense matrices, both LoRA pairs of every expert, choices and weights. */
const mixture = fc.record({
  h: tensor([M, D]),
  wi: tensor([2 * F, D]),
  wo: tensor([D, F]),
  a1: tensor([E, R, D]),
  b1: tensor([E, 2 * F, R]),
  a2: tensor([E, R, F]),
  b2: tensor([E, D, R]),
  weights: tensor([M, k]),
  experts: fc.array(fc.nat(E - 1), { minLength: M * k, maxLength: M * k }).map((data) => hostIndices(data, [M, k])),
});
type Mixture = Record<"h" | "wi" | "wo" | "a1" | "b1" | "a2" | "b2" | "weights" | "experts", HostTensor>;

const kind = "gelu", scale = 0.5;

/** The whole feed-forward of a mixture. */
function feedForward(host: Mixture): RefTensor {
  const t = Object.fromEntries(Object.entries(host).map(([name, value]) => [name, device.from(value)])) as Record<
    keyof Mixture,
    RefTensor
  >;
  const { experts, weights } = t;
  const a = loraDown(device, { x: t.h, a: t.a1, experts });
  const { z, mix } = loraGatedUnit(device, { u: linear(device, t.h, t.wi), a, b: t.b1, experts, weights }, {
    kind,
    scale,
  });
  const out = loraDown(device, { x: z, a: t.a2, experts });
  return loraUp(device, { x: linear(device, mix, t.wo), a: out, b: t.b2, experts, weights }, scale);
}

/** w + s·B·A, for the first expert. */
function merged(w: HostTensor, a: HostTensor, b: HostTensor): RefTensor {
  const [O, I] = w.shape;
  const delta = (o: number, i: number) =>
    Array.from({ length: R }, (_, r) => b.data[o * R + r] * a.data[r * I + i]).reduce((sum, term) => sum + term, 0);
  return on([O, I], Array.from(w.data, (value, at) => value + scale * delta(Math.floor(at / I), at % I)));
}

Deno.test("experts: equal ones, with weights that sum to one, are one dense unit with merged matrices", () => {
  fc.assert(fc.property(mixture, fc.double({ min: 0, max: 1, noNaN: true }), (host, first) => {
    const same = ({ shape, data }: HostTensor) => {
      const one = data.slice(0, data.length / E);
      return hostTensor(shape, Float32Array.from({ length: data.length }, (_, i) => one[i % one.length]));
    };
    const weights = hostTensor([M, k], Float64Array.from({ length: M * k }, (_, slot) => slot % k ? 1 - first : first));
    const equal = { a1: same(host.a1), b1: same(host.b1), a2: same(host.a2), b2: same(host.b2) };
    const inner = linear(device, device.from(host.h), merged(host.wi, host.a1, host.b1));
    const dense = linear(device, gatedUnit(device, inner, kind), merged(host.wo, host.a2, host.b2));
    close(feedForward({ ...host, ...equal, weights }), dense);
  }));
});

Deno.test("experts: with B = 0 the mixture is the shared unit times the sum of weights", () => {
  fc.assert(fc.property(mixture, (host) => {
    const t = { experts: device.from(host.experts), weights: device.from(host.weights) };
    const u = linear(device, device.from(host.h), device.from(host.wi));
    const a = loraDown(device, { x: device.from(host.h), a: device.from(host.a1), experts: t.experts });
    const zero = (shape: number[]) => on(shape, new Float64Array(shape.reduce((p, n) => p * n)));
    const { mix } = loraGatedUnit(device, { ...t, u, a, b: zero([E, 2 * F, R]) }, { kind, scale });
    const sum = (m: number) => host.weights.data[k * m] + host.weights.data[k * m + 1];
    const plain = gatedUnit(device, u, kind);
    close(mix, on([M, F], plain.data.map((value, at) => value * sum(Math.floor(at / F)))));
    const x = device.from(host.h);
    assertEquals(loraUp(device, { ...t, x, a, b: zero([E, D, R]) }, scale).data, x.data);
  }));
});

Deno.test("experts: a permutation of the experts does not change the result", () => {
  fc.assert(fc.property(mixture, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (host, label) => {
    const relabel = ({ shape, data }: HostTensor) => {
      const size = data.length / E;
      return hostTensor(shape, data.map((_, i) => data[label.indexOf(Math.floor(i / size)) * size + i % size]));
    };
    const experts = hostIndices(host.experts.data.map((e) => label[e]), [M, k]);
    const { a1, b1, a2, b2 } = host;
    const other = { ...host, experts, a1: relabel(a1), b1: relabel(b1), a2: relabel(a2), b2: relabel(b2) };
    assertEquals(feedForward(other).data, feedForward(host).data);
  }));
});

Deno.test("experts: a worked example", () => {
  const experts = device.from(hostIndices([1], [1, 1]));
  const weights = on([1, 1], [3]);
  const a = loraDown(device, { x: on([1, 2], [1, 2]), a: on([2, 1, 2], [9, 9, 10, 1]), experts });
  assertEquals([...a.data], [12]);
  const b = on([2, 2, 1], [9, 9, 0.5, -1]);
  const { z, mix } = loraGatedUnit(device, { u: on([1, 2], [-6, 20]), a, b, experts, weights }, {
    kind: "silu",
    scale: 1,
  });
  assertEquals([[...z.data], [...mix.data]], [[0], [0]]); // silu(−6 + 0.5·12)·(20 − 12)
  assertEquals([...loraUp(device, { x: on([1, 2], [1, 2]), a, b, experts, weights }, 2).data], [37, -70]);
});
