import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { linearGradW as kernelW, linearGradX as kernelX } from "../kernels/ops/linear_grad/linear_grad.ts";
import { PORTABLE } from "../kernels/host/adapter.ts";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { type AnyOp, spec } from "../src/op/op.ts";
import { linear } from "../src/ops/linear.ts";
import { linearGradW, linearGradWOp, linearGradX, linearGradXOp, sumRows, sumRowsOp } from "../src/ops/linear_grad.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/linear_grad.ts";
import { size, tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(linearGradXOp, cases.linearGradX, 60);
equivalence(linearGradWOp, cases.linearGradW, 60);
equivalence(sumRowsOp, cases.sumRows);

Deno.test("linearGrad: the cases reach every variant of the kernels", () => {
  const adapters = [
    { ...PORTABLE, family: "cpu" },
    { ...PORTABLE, family: "cpu", features: new Set(["subgroups"]), subgroupMinSize: 8 },
    PORTABLE,
  ] as const;
  const reached = new Set<string>();
  for (
    const [op, kernel, arbitrary] of [
      [linearGradXOp, kernelX, cases.linearGradX],
      [linearGradWOp, kernelW, cases.linearGradW],
    ] as [AnyOp, typeof kernelX, typeof cases.linearGradX][]
  ) {
    for (const { inputs, params } of fc.sample(arbitrary, { numRuns: 300, seed: 1 })) {
      const tensors = Object.fromEntries(
        Object.entries<HostTensor | undefined>(inputs)
          .map(([name, host]) => [name, host && spec(host.shape, name === "offsets" ? "i32" : "f32")]),
      ) as never;
      const outputs = op.infer(tensors, params) as never;
      for (const adapter of adapters) {
        for (const { label } of kernel({ inputs: tensors, outputs, params, adapter })) reached.add(label);
      }
    }
  }
  const few = ["tile 1×32", "tile 2×32"];
  const many = ["tile 4×32", "tile 8×32", "tile 16×32", "tile 16×64", "shared 32×32", "shared 64×64"];
  const fed = ["8×32", "16×32", "32×32", "32×64"].map((size) => `tile ${size} subgroups`);
  assertEquals(
    [...reached].sort(),
    [
      ...[...few, ...many, ...fed].map((form) => `linearGradX.${form}`),
      ...[...many, ...fed].map((form) => `linearGradW.${form}`),
    ].sort(),
  );
});

/** A projection of rows [from, to) of a weight, of which `live` rows count, and a gradient of its result. */
const projections = fc.record({
  shape: fc.tuple(size(6, 1), size(4, 1), size(6, 1)),
  range: fc.tuple(fc.nat(5), fc.nat(5)),
  live: fc.nat(6),
}).chain(({ shape: [M, D, rows], range, live }) => {
  const [from, to] = range.map((row) => Math.min(row, rows)).sort();
  return fc.record({
    x: tensor([M, D]),
    w: tensor([rows, D]),
    bias: tensor([rows]),
    upstream: tensor([M, to - from]),
  }).map((tensors) => ({ ...tensors, from, to, offsets: hostIndices([0, Math.min(live, M)]) }));
});

Deno.test("linearGrad: equals central differences of the projection", () => {
  fc.assert(
    fc.property(projections, ({ upstream, offsets: host, from, to, ...given }) => {
      const device = new ReferenceDevice("f64");
      const offsets = device.from(host);
      const forward = ({ x, w, bias }: typeof given) => {
        const options = {
          bias: device.from(bias),
          offsets,
          rows: [from, to] as const,
        };
        return inner(upstream, linear(device, device.from(x), device.from(w), options));
      };
      const dy = device.from(upstream);
      const rows = { from, rows: given.w.shape[0] };
      assertGradients(forward, given, {
        x: linearGradX(device, { dy, w: device.from(given.w), offsets }, { from, to }),
        w: linearGradW(device, { dy, x: device.from(given.x), offsets }, rows),
        bias: sumRows(device, { dy, offsets }, rows),
      });
    }),
    { numRuns: 40 },
  );
});

gpuTest("linearGrad: sums over more rows than a loop of a software adapter has turns", async (gpu) => {
  const M = 70001;
  const x = hostTensor([M, 3], normals(1, 3 * M));
  const dy = hostTensor([M, 4], normals(2, 4 * M));
  for (const device of everyVariant(gpu)) {
    await worstRatio(device, linearGradWOp, { inputs: { dy, x }, params: { from: 1, rows: 6 } });
    await worstRatio(device, sumRowsOp, { inputs: { dy: x }, params: { from: 0, rows: 3 } });
  }
});

Deno.test("linearGrad: a worked example", () => {
  const device = new ReferenceDevice();
  const on = (shape: number[], data: number[]) => device.from(hostTensor(shape, data));
  const [dy, x, w] = [on([2, 1], [2, -1]), on([2, 2], [1, 10, 3, 4]), on([3, 2], [9, 9, 5, 7, 9, 9])];
  assertEquals([...linearGradX(device, { dy, w }, { from: 1, to: 2 }).data], [10, 14, -5, -7]);
  assertEquals([...linearGradW(device, { dy, x }, { from: 1, rows: 3 }).data], [0, 0, -1, 16, 0, 0]);
  assertEquals([...sumRows(device, { dy }, { from: 1, rows: 3 }).data], [0, 1, 0]);
  const offsets = device.from(hostIndices([0, 1]));
  assertEquals([...linearGradW(device, { dy, x, offsets }, { from: 0, rows: 1 }).data], [2, 20]);
  assertAlmostEquals(sumRows(device, { dy, offsets }, { from: 0, rows: 1 }).data[0], 2);
});
