/** A model that opens its own device loads the kernels of training when gradients are asked for. */
import { assertEquals, assertRejects } from "@std/assert";
import { Decoder, openDevice } from "../../mod.ts";
import { hostTensor } from "../../src/op/device.ts";
import { activationGrad } from "../../src/ops/activation_grad.ts";
import { decoderFolder } from "../cli/support.ts";

const adapter = await globalThis.navigator?.gpu?.requestAdapter();

Deno.test({
  name: "gradients load the kernels of training; without them a derivative is refused by name",
  ignore: !adapter,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const folder = await decoderFolder(), ids = [[1, 2, 3, 4]];
    await using decoder = await Decoder.load(folder);
    const { device } = decoder, x = device.from(hostTensor([1, 2], [3, 4]));
    const derivative = () => device.read({ dx: activationGrad(device, { x, dy: x }, { kind: "square" }) });
    const reason = "Cannot apply activationGrad: the kernels of training are not loaded";
    await assertRejects(async () => await derivative(), Error, reason);
    const gradients = await decoder.model.gradients(ids);
    assertEquals([...(await derivative()).dx.data], [18, 32]); // 2·x·dy
    await using whole = await openDevice("webgpu");
    await using other = await Decoder.load(folder, { device: whole });
    assertEquals(await other.model.gradients(ids), gradients);
  },
});
