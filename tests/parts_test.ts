/** Tensors above one binding: row parts compute what whole tensors do, at every limit. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { HostTensor } from "../src/op/device.ts";
import { type AnyOp, sizeOf, spec, type Tensor } from "../src/op/op.ts";
import { addOp } from "../src/ops/add.ts";
import { embedOp } from "../src/ops/embed.ts";
import { embedGradOp } from "../src/ops/embed_grad.ts";
import { linearOp } from "../src/ops/linear.ts";
import { linearGradWOp, linearGradXOp } from "../src/ops/linear_grad.ts";
import { adamWOp, emaOp, sumSquaresOp } from "../src/ops/optimizer.ts";
import { vocabulary } from "../src/ops/vocabulary.ts";
import { WebGpuDevice } from "../kernels/mod.ts";
import * as sums from "./cases/add.ts";
import { embed } from "./cases/embed.ts";
import * as optimizer from "./cases/optimizer.ts";
import * as products from "./cases/parts.ts";
import { type Case, compare } from "./support/compare.ts";
import { gpuTest } from "./support/gpu.ts";

const cases = [
  [addOp, sums.add],
  [embedOp, embed],
  [embedGradOp, products.embedGrad],
  [linearOp, products.linear],
  [linearGradXOp, products.linearGradX],
  [linearGradWOp, products.linearGradW],
  [adamWOp, optimizer.adamW],
  [emaOp, optimizer.ema],
  [sumSquaresOp, optimizer.sumSquares],
] as unknown as [AnyOp, fc.Arbitrary<Case<string, unknown>>][];

/** Bytes that leave only the tensors that may be row parts above one binding, in up to five parts, if any is. */
function limitOf(op: AnyOp, { inputs, params }: Case<string, unknown>): number | undefined {
  const given = Object.entries(inputs as Record<string, HostTensor | undefined>).filter(([, host]) => host);
  const specs: Record<string, Tensor> = Object.fromEntries(
    given.map(([name, host]) => [name, spec(host!.shape, host!.data instanceof Int32Array ? "i32" : "f32")]),
  );
  let [least, most] = [16, 0];
  for (const [name, tensor] of Object.entries({ ...specs, ...op.infer(specs, params) })) {
    const whole = 4 * sizeOf(tensor.shape), row = 4 * sizeOf(tensor.shape.slice(1));
    const cut = op.parts!.of.includes(name);
    least = Math.max(least, cut ? Math.max(row, whole / 5) : whole);
    if (cut) most = Math.max(most, whole);
  }
  return most > least ? least : undefined;
}

/** Runs a case on the device itself, which cuts tensors into parts. */
async function onDevice(device: WebGpuDevice, op: AnyOp, { inputs: hosts, params }: Case<string, unknown>) {
  const given = Object.entries(hosts as Record<string, HostTensor | undefined>);
  const inputs = Object.fromEntries(given.map(([name, host]) => [name, host && device.from(host)]));
  const results = await device.read(device.run(op, inputs as never, params));
  for (const tensor of Object.values(inputs)) if (tensor) device.free(tensor);
  return results as Record<string, HostTensor>;
}

Deno.test("parts: every operation that has a rule for row parts is tested here", () => {
  const rules = Object.values<AnyOp>(vocabulary).filter(({ parts }) => parts).map(({ name }) => name);
  assertEquals(cases.map(([{ name }]) => name).sort(), rules.sort());
});

for (const [op, arbitrary] of cases) {
  gpuTest(
    `parts: ${op.name} of row parts equals the reference within the computed bound`,
    async ({ device, adapter }) => {
      const limited = { ...adapter, maxBindingBytes: 0 }; // set for each case: one wrapper keeps its pipelines
      const wrapper = new WebGpuDevice(device, limited);
      await fc.assert(
        fc.asyncProperty(arbitrary.filter((test) => limitOf(op, test) !== undefined), async (test) => {
          limited.maxBindingBytes = limitOf(op, test)!;
          compare(op, test, await onDevice(wrapper, op, test));
        }),
        { numRuns: 25 },
      );
    },
  );
}
