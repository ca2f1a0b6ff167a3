import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { hostTensor } from "../src/op/device.ts";
import { spec } from "../src/op/op.ts";
import { normGatedOp, normLinear, normLinearOp } from "../src/ops/norm_linear.ts";
import type { FusedName } from "../src/ops/vocabulary.ts";
import { PORTABLE } from "../kernels/host/adapter.ts";
import { kernels } from "../kernels/inference_kernels.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/norm_linear.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(normLinearOp, cases.normLinear, 60);
equivalence(normGatedOp, cases.normGated, 60);

Deno.test("normLinear: a worked example", async () => {
  const device = new ReferenceDevice("f64");
  const from = (shape: number[], data: number[]) => device.from(hostTensor(shape, data));
  const inputs = { x: from([1, 2], [3, 4]), weight: from([2], [2, 1]), w: from([2, 2], [1, 0, 1, 1]) };
  const norm = { kind: "rms", eps: 0 } as const; // √12.5 is the root mean square: [3, 4] becomes [6, 4] / √12.5
  const { y, row } = await device.read({
    y: normLinear(device, inputs, norm),
    row: normLinear(device, { ...inputs, rows: [1, 2] }, norm),
  });
  [6, 10].forEach((value, o) => assertAlmostEquals(y.data[o], value / Math.sqrt(12.5), 1e-12));
  assertEquals([...row.data], [y.data[1]]);
});

gpuTest("normLinear: a row whose squares vanish is scaled by ε alone", async (gpu) => {
  const inputs = { x: cases.tiny, weight: hostTensor([4], [1, 1, 1, 1]), w: hostTensor([1, 4], [1, 1, 1, 1]) };
  for (const device of everyVariant(gpu)) {
    await worstRatio(device, normLinearOp, { inputs, params: { norm: { kind: "rms", eps: 1e-5 }, from: 0, to: 1 } });
  }
});

Deno.test("normLinear, normGated: fused where squares are enough and rows are few, else in their parts", () => {
  const software = { ...PORTABLE, family: "cpu" } as const;
  const fuses = (name: FusedName, rows: number, adapter: unknown, kind = "rms", D = 4) => {
    const [x, weight, w] = [[rows, D], [D], [6, D]].map((shape) => spec(shape));
    return kernels[name].fuses!({ inputs: { x, weight, w }, params: { norm: { kind, eps: 0 } }, adapter } as never);
  };
  for (const name of ["normLinear", "normGated"] as const) {
    assert(fuses(name, 64, software));
    assert(!fuses(name, 65, software));
    assert(!fuses(name, 9, PORTABLE));
    assertEquals(fuses(name, 8, PORTABLE), name === "normLinear");
    assert(!fuses(name, 8, software, "layer"));
    assert(!fuses(name, 8, software, "rms", 0));
  }
});
