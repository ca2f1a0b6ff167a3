/** Errors and losses as browsers tell of them: late, and one by one. */
import { assertEquals, assertRejects } from "@std/assert";
import { FaultWatch } from "../kernels/host/faults.ts";

const later = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** A device that reports given errors. */
function fakeDevice() {
  const target = new EventTarget();
  const { promise: lost, resolve: lose } = Promise.withResolvers<{ reason: string; message: string }>();
  const device = Object.assign(target, { lost }) as unknown as GPUDevice;
  const fail = (message: string) =>
    target.dispatchEvent(Object.assign(new Event("uncapturederror"), { error: { message } }));
  return { device, lose, fail };
}

Deno.test("faults: a consequence of an error is not reported by the next call", async () => {
  const { device, fail } = fakeDevice();
  const watch = new FaultWatch(device);
  const work = async () => {
    await later(1);
    fail("the cause");
    setTimeout(() => fail("a consequence"), 0);
  };
  await assertRejects(() => watch.guard("read", work()), Error, "Cannot read: the cause");
  await later(5);
  watch.check("go on");
  assertEquals(await watch.guard("read", Promise.resolve(1)), 1);
});

Deno.test("faults: a device loss is the reported reason, also if its consequence arrives earlier", async () => {
  const { device, lose } = fakeDevice();
  const watch = new FaultWatch(device);
  setTimeout(() => lose({ reason: "unknown", message: "unplugged" }), 40);
  const work = Promise.reject(new Error("the buffer was unmapped"));
  await assertRejects(() => watch.guard("read", work), Error, "Cannot read: the device was lost (unknown): unplugged");
});

Deno.test("faults: a failure without a device error is reported unchanged", async () => {
  const watch = new FaultWatch(fakeDevice().device);
  const work = Promise.reject(new Error("no memory to map"));
  await assertRejects(() => watch.guard("read", work), Error, "Cannot read: no memory to map");
});
