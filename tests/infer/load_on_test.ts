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

Deno.test("loadOn: a failure frees the loaded tensors, and closes an owned device only", async () => {
  for (const owned of [true, false]) {
    const counted = new Counted();
    const open = () => Promise.resolve({ device: counted, owned });
    const broken = async (convert: (host: HostTensor) => Promise<Tensor>) => {
      await convert(one);
      await convert(one);
      assertEquals(counted.held.size, 2);
      throw new Error("Cannot load: broken");
    };
    await assertRejects(() => loadOn(open, broken), Error, "Cannot load: broken");
    assertEquals([counted.held.size, counted.closed], [0, Number(owned)]);
  }
});

Deno.test("loadOn: a device is opened once, for the first tensor; not where reading fails before it", async () => {
  let opened = 0;
  const open = () => Promise.resolve({ device: new Counted(), owned: true, at: opened++ });
  await loadOn(open, async (convert) => [await convert(one), await convert(one)]);
  assertEquals(opened, 1);
  await assertRejects(() => loadOn(open, () => Promise.reject(new Error("no config"))), Error, "no config");
  assertEquals(opened, 1);
});
