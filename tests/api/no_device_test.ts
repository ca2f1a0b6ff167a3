/** Where there is no device, nothing is downloaded, and the error says what to do in the runtime. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Decoder, Encoder, loadModel, openDevice } from "../../mod.ts";
import { type Runtime, whyNoAdapter, whyNoGpu } from "../../kernels/host/advice.ts";
import { fileServer } from "../support/file_server.ts";
import { gpuTest } from "../support/gpu.ts";

/** Runs a body in a runtime without `navigator.gpu`, or with another one. */
async function withGpu(gpu: unknown, body: () => Promise<void>): Promise<void> {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator")!;
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
  try {
    await body();
  } finally {
    Object.defineProperty(globalThis, "navigator", before);
  }
}

Deno.test("without a device nothing is asked of a server", async () => {
  await using server = await fileServer({});
  const none = { requestAdapter: () => Promise.resolve(null) };
  for (const [gpu, message] of [[undefined, "has no navigator.gpu"], [none, "no adapter found"]] as const) {
    await withGpu(gpu, async () => {
      for (const load of [loadModel, Decoder.load, Encoder.load]) {
        const error = await assertRejects(() => load(server.base), Error, message);
        assert(/^Cannot open WebGPU: [^\n]+; device: "reference" needs no GPU, but is slow$/.test(error.message));
      }
    });
  }
  assertEquals(server.asked, []);
  await using device = await openDevice("reference");
  await assertRejects(() => loadModel(server.base, { device }), Error, "there is none in");
});

gpuTest("a load that fails closes the device that it opened", async () => {
  await using server = await fileServer({});
  const { gpu } = navigator, opened: GPUDevice[] = [];
  const bound = <T extends object>(target: T, name: PropertyKey) => {
    const value = Reflect.get(target, name);
    return typeof value === "function" ? value.bind(target) : value;
  };
  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const adapter = (await gpu.requestAdapter(options))!;
    const requestDevice = async (wanted?: GPUDeviceDescriptor) => {
      opened.push(await adapter.requestDevice(wanted));
      return opened.at(-1);
    };
    return new Proxy(adapter, {
      get: (target, name) => name === "requestDevice" ? requestDevice : bound(target, name),
    });
  };
  await withGpu({ requestAdapter }, async () => {
    await assertRejects(() => loadModel(server.base), Error, "there is none in");
  });
  assertEquals((await opened.at(-1)!.lost).reason, "destroyed");
});

const chrome = { userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/128.0.0.0 Safari/537.36" };
const firefox = { userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0" };
const safari = { userAgent: "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/17.6 Safari/605.1.15" };

const runtimes: [string, Runtime, gpu: RegExp, adapter: RegExp][] = [
  [
    "Deno",
    { Deno: { version: { deno: "1.38.0" } }, process: { platform: "linux", versions: { node: "20" } } },
    /Deno 1\.38\.0 .*deno upgrade.*--unstable-webgpu/,
    /apt-get install mesa-vulkan-drivers libvulkan1/,
  ],
  ["Node", { process: { platform: "darwin", versions: { node: "22" } } }, /Node .*npm install webgpu/, /driver.*Metal/],
  ["Bun", { process: { platform: "linux", versions: { node: "22", bun: "1" } } }, /Bun .*npm install/, /apt-get/],
  ["a page over http", { isSecureContext: false, navigator: chrome }, /over https/, /enable-unsafe-webgpu/],
  ["Chrome", { isSecureContext: true, navigator: chrome }, /113.*enable-unsafe-webgpu/, /enable-unsafe-webgpu/],
  ["Firefox", { isSecureContext: true, navigator: firefox }, /about:config/, /dom\.webgpu\.enabled/],
  ["Safari", { isSecureContext: true, navigator: safari }, /Safari 26/, /feature flags/],
  ["a worker of an unknown browser", { isSecureContext: true }, /current Chrome/, /current Chrome/],
];

for (const [name, runtime, gpu, adapter] of runtimes) {
  Deno.test(`${name} is told how it gets WebGPU, and how an adapter`, () => {
    assert(gpu.test(whyNoGpu(runtime)), whyNoGpu(runtime));
    assert(adapter.test(whyNoAdapter(runtime)), whyNoAdapter(runtime));
  });
}
