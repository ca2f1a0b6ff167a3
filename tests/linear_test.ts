import { assertEquals } from "@std/assert";
import { hostTensor } from "../src/op/device.ts";
import { linear, linearOp } from "../src/ops/linear.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/linear.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(linearOp, cases.linear, 60);

Deno.test("linear: a worked example with bias and residual", async () => {
  const device = new ReferenceDevice();
  const x = device.from(hostTensor([1, 2], [1, 2]));
  const w = device.from(hostTensor([2, 2], [3, 4, 5, 6]));
  const bias = device.from(hostTensor([2], [10, 20]));
  const residual = device.from(hostTensor([1, 2], [100, 200]));
  const { y } = await device.read({ y: linear(device, x, w, { bias, residual }) });
  assertEquals([...y.data], [121, 237]);
});
