import fc from "fast-check";
import { assertEquals, assertThrows } from "@std/assert";
import { hostIndices, hostTensor } from "../src/device.ts";
import { linear, linearOp } from "../src/ops/linear.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { maybe, offsets, size, tensor } from "./support/arbitraries.ts";
import { equivalence, liveElements } from "./support/equivalence.ts";

const cases = fc.tuple(size(70), size(70), size(70, 1)).chain(([M, D, rows]) =>
  fc.record({
    x: tensor([M, D]),
    w: tensor([rows, D]),
    bias: maybe(tensor([rows])),
    offsets: maybe(offsets(M)),
    range: fc.tuple(fc.nat(rows), fc.nat(rows)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]),
  }).chain(({ range: [from, to], ...inputs }) =>
    maybe(tensor([M, to - from])).map((residual) => ({
      inputs: { ...inputs, residual },
      params: { from, to },
      live: liveElements(M, to - from, inputs.offsets),
    }))
  )
);

equivalence(linearOp, cases);

Deno.test("linear: a worked example with bias and residual", async () => {
  const device = new ReferenceDevice();
  const x = device.from(hostTensor([1, 2], [1, 2]));
  const w = device.from(hostTensor([2, 2], [3, 4, 5, 6]));
  const bias = device.from(hostTensor([2], [10, 20]));
  const residual = device.from(hostTensor([1, 2], [100, 200]));
  const { y } = await device.read({ y: linear(device, x, w, { bias, residual }) });
  assertEquals([...y.data], [121, 237]);
});

Deno.test("linear: says which sizes do not fit", () => {
  const device = new ReferenceDevice();
  const x = device.from(hostTensor([1, 3], [1, 2, 3]));
  const w = device.from(hostTensor([1, 2], [1, 2]));
  assertThrows(() => linear(device, x, w), RangeError, "Cannot apply linear: x has 3 columns, w has 2");
  assertThrows(() => linear(device, x, device.from(hostIndices([1, 2]))), RangeError, "w has shape [2]");
});
