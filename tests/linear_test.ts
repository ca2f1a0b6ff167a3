import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { linear as kernel } from "../kernels/ops/linear/linear.ts";
import { PORTABLE } from "../kernels/host/adapter.ts";
import { hostTensor } from "../src/op/device.ts";
import { spec } from "../src/op/op.ts";
import { linear, linearOp } from "../src/ops/linear.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/linear.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(linearOp, cases.linear, 60);

Deno.test("linear: the cases reach every variant of the kernel", () => {
  const adapters = [
    { ...PORTABLE, family: "cpu" },
    { ...PORTABLE, family: "cpu", features: new Set(["subgroups"]), subgroupMinSize: 8 },
    PORTABLE,
    { ...PORTABLE, features: new Set(["subgroups"]) },
  ] as const;
  const reached = new Set<string>();
  for (const { inputs, params } of fc.sample(cases.linear, { numRuns: 300, seed: 1 })) {
    const outputs = { y: spec([inputs.x.shape[0], params.to - params.from]) };
    for (const adapter of adapters) {
      const tensors = { ...inputs, x: spec(inputs.x.shape), w: spec(inputs.w.shape) } as never;
      for (const { label } of kernel({ inputs: tensors, outputs, params, adapter })) reached.add(label);
    }
  }
  const tiles = ["1×32", "2×32", "4×32", "8×32", "16×32", "16×64"];
  const fed = ["8×32", "16×32", "32×32", "32×64"];
  const rows = [1, 2, 4, 8].flatMap((count) => [`linear.rows ${count}`, `linear.rows ${count} subgroups`]);
  assertEquals(
    [...reached].sort(),
    [
      ...tiles.map((size) => `linear.tile ${size}`),
      ...fed.map((size) => `linear.tile ${size} subgroups`),
      ...rows,
      "linear.shared 32×32",
      "linear.shared 64×64",
    ].sort(),
  );
});

Deno.test("linear: a worked example with bias and residual", async () => {
  const device = new ReferenceDevice();
  const x = device.from(hostTensor([1, 2], [1, 2]));
  const w = device.from(hostTensor([2, 2], [3, 4, 5, 6]));
  const bias = device.from(hostTensor([2], [10, 20]));
  const residual = device.from(hostTensor([1, 2], [100, 200]));
  const { y } = await device.read({ y: linear(device, x, w, { bias, residual }) });
  assertEquals([...y.data], [121, 237]);
});
