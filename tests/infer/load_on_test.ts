/** Loading tensor by tensor: the device has them all, or none. */
import { assertEquals, assertRejects } from "@std/assert";
import type { HostTensor } from "../../src/op/device.ts";
import type { Tensor } from "../../src/op/op.ts";
import { loadOn } from "../../src/infer/load_on.ts";
import { ReferenceDevice } from "../../reference/mod.ts";

/** A reference device that keeps account. */
class Counted extends ReferenceDevice {
  readonly held = new Set<unknown>();
  closed = 0;
  override from(host: HostTensor) {
    const tensor = super.from(host);
    this.held.add(tensor);
    return tensor;
  }
  override free(tensor?: unknown): void {
    this.held.delete(tensor);
  }
  override async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve(this.closed++);
  }
}

const one: HostTensor = { shape: [1], data: Float32Array.of(1) };

Deno.test("loadOn: a failure frees the loaded tensors, and leaves the device open", async () => {
  const counted = new Counted();
  const broken = async (convert: (host: HostTensor) => Tensor) => {
    await Promise.resolve([convert(one), convert(one)]);
    assertEquals(counted.held.size, 2);
    throw new Error("Cannot load: broken");
  };
  await assertRejects(() => loadOn(counted, broken), Error, "Cannot load: broken");
  assertEquals([counted.held.size, counted.closed], [0, 0]);
});
