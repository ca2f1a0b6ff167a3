import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { POOLINGS } from "../src/op/kinds.ts";
import { pool, type PoolParams } from "../src/ops/pool.ts";
import { poolGrad, poolGradOp } from "../src/ops/pool_grad.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/pool_grad.ts";
import { offsets, tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(poolGradOp, cases.poolGrad);

const device = new ReferenceDevice("f64");
const params = fc.record({ kind: fc.constantFrom(...POOLINGS), normalize: fc.boolean() });

/** Rows of some sequences and gradients of their vectors. */
const sequences = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }), offsets(6)).chain(
  ([M, D, ends]) => {
    const offsets = hostIndices(Array.from(ends.data, (end) => Math.min(end, M)));
    return fc.record({
      x: tensor([M, D]),
      dy: tensor([offsets.shape[0] - 1, D]),
      offsets: fc.constant(device.from(offsets)),
    });
  },
);

Deno.test("poolGrad: the gradient of pool", () => {
  const far = ({ data }: HostTensor) => data.every((value) => Math.abs(value) > 0.05); // from where v/|v| has a kink
  const apart = ({ data }: HostTensor) =>
    // from ties, where the greatest of a column has a kink
    [...data].sort((a, b) => a - b).every((value, i, all) => i === 0 || value - all[i - 1] > 0.005);
  fc.assert(fc.property(sequences, params, ({ x, dy, offsets }, params) => {
    const forward = (t: { x: HostTensor }) => pool(device, device.from(t.x), offsets, params);
    if (params.kind === "max") fc.pre(apart(x));
    if (params.normalize) fc.pre(far(pool(device, device.from(x), offsets, { ...params, normalize: false })));
    const dx = poolGrad(device, { x: device.from(x), dy: device.from(dy), offsets }, params);
    assertGradients((t) => inner(forward(t), dy), { x }, { x: dx });
  }));
});

Deno.test("poolGrad: no gradient along a vector that is normalised; rows of a mean share theirs", () => {
  fc.assert(fc.property(sequences, fc.constantFrom(...POOLINGS), ({ x, dy, offsets }, kind) => {
    const inputs = { x: device.from(x), dy: device.from(dy), offsets };
    const dx = poolGrad(device, inputs, { kind, normalize: true });
    const scale = Math.max(1, ...Array.from(dx.data, Math.abs));
    assertAlmostEquals(inner(dx, x), 0, 1e-12 * scale);
    if (kind === "mean_sqrt_len") return; // its weights do not add up to 1
    const plain = poolGrad(device, inputs, { kind, normalize: false });
    const filled = dy.data.filter((_, i) => {
      const b = Math.floor(i / dy.shape[1]);
      return offsets.data[b] < offsets.data[b + 1];
    });
    assertAlmostEquals(sum(plain.data), sum(filled), 1e-12);
  }));
});

const sum = (data: ArrayLike<number>) => Array.from(data).reduce((a, b) => a + b, 0);

Deno.test("poolGrad: worked examples; an empty sequence has no gradient, and a zero vector's gradient is zero", () => {
  const run = (x: number[], dy: number[], ends: number[], params: PoolParams) => {
    const [rows, grads] = [x, dy].map((data) => device.from(hostTensor([data.length / 2, 2], Float64Array.from(data))));
    return [...poolGrad(device, { x: rows, dy: grads, offsets: device.from(hostIndices(ends)) }, params).data];
  };
  const x = [0, 9, 6, 1, 3, 4];
  const examples: [kind: PoolParams["kind"], dx: number[]][] = [
    ["mean", [1, 2, 1, 2, 5, 10]],
    ["first", [2, 4, 0, 0, 5, 10]],
    ["last", [0, 0, 2, 4, 5, 10]],
    ["max", [0, 4, 2, 0, 5, 10]],
    ["mean_sqrt_len", [2 / Math.SQRT2, 4 / Math.SQRT2, 2 / Math.SQRT2, 4 / Math.SQRT2, 5, 10]],
    ["weighted_mean", [2 / 3, 4 / 3, 4 / 3, 8 / 3, 5, 10]],
  ];
  for (const [kind, dx] of examples) {
    const plain = run(x, [2, 4, 7, 7, 5, 10], [0, 2, 2, 3], { kind, normalize: false });
    plain.forEach((value, i) => assertAlmostEquals(value, dx[i], 1e-14));
    // ŷ = (0.6, 0.8), ŷ·dy = 11, |v| = 5
    const unit = run([3, 4], [5, 10], [0, 1], { kind, normalize: true });
    [-0.32, 0.24].forEach((value, d) => assertAlmostEquals(unit[d], value, 1e-15));
    assertEquals(run([0, 0], [5, 10], [0, 1], { kind, normalize: true }), [0, 0]);
  }
});

gpuTest("poolGrad: more rows than one dimension of a grid, in one sequence and in many", async (gpu) => {
  const x = hostTensor([66000, 2], normals(1, 132000));
  for (const gpuDevice of everyVariant(gpu).filter(({ adapter }) => adapter.features.size === 0)) {
    const each = Array.from({ length: 66001 }, (_, m) => m);
    const one = { x, dy: hostTensor([1, 2], [1, -2]), offsets: hostIndices([0, 66000]) };
    await worstRatio(gpuDevice, poolGradOp, { inputs: one, params: { kind: "mean", normalize: true } });
    const many = { x, dy: hostTensor(x.shape, normals(2, 132000)), offsets: hostIndices(each) };
    await worstRatio(gpuDevice, poolGradOp, { inputs: many, params: { kind: "last", normalize: true } });
    const zeros = { x: hostTensor([2, 40], new Float32Array(80)), offsets: hostIndices([0, 1, 1, 2]) };
    const inputs = { ...zeros, dy: hostTensor([3, 40], normals(3, 120)) };
    await worstRatio(gpuDevice, poolGradOp, { inputs, params: { kind: "first", normalize: true } });
  }
});
