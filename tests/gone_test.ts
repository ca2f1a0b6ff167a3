/** A device that is lost or disposed, and a model that was: every call throws one error, and every ending is quiet. */
import { assertEquals } from "@std/assert";
import { openWebGpu, type WebGpuDevice } from "../kernels/mod.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { decoderCalls, deviceCalls, encoderCalls, endings, type Subjects, subjects } from "./support/calls.ts";
import { gpuTest } from "./support/gpu.ts";

type Calls = Readonly<Record<string, (s: Subjects) => unknown>>;

const all: Calls = { ...deviceCalls, ...decoderCalls, ...encoderCalls };
const lost = /^Cannot .*: the device was lost \(destroyed\)$/;
const disposed = /^Cannot .*: the device was disposed$/;
const model = /^Cannot .*: the model was disposed$/;

/** Calls that wait for nothing: what the GPU has to say comes later. */
const soon = [
  "from",
  "run",
  "compile",
  "start",
  "trainer.start",
  "new Trainer",
  "new DecoderModel",
  "new EncoderModel",
];

/** What a call came to: the message of its error, or that there was none. */
async function endOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return "no error";
  } catch (error) {
    return error instanceof Error ? error.message : `no Error but ${error}`;
  }
}

/** Makes all calls, and throws unless each ends as it should; then ends everything twice. */
async function table(s: Subjects, calls: Calls, want: RegExp): Promise<void> {
  const wrong: string[] = [];
  for (const [name, call] of Object.entries(calls)) {
    const end = await endOf(() => call(s));
    if (!want.test(end)) wrong.push(`${name}: ${end}`);
  }
  await quiet(s, wrong);
}

async function quiet(s: Subjects, wrong: string[]): Promise<void> {
  for (const [name, call] of [...Object.entries(endings), ...Object.entries(endings)]) {
    const end = await endOf(() => call(s));
    if (end !== "no error") wrong.push(`${name}: ${end}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 20)); // an unhandled rejection fails the test
  assertEquals(wrong, []);
}

const gpuOf = ({ device }: Subjects) => (device as WebGpuDevice).device;

gpuTest("gone: a lost device", async () => {
  const s = await subjects(await openWebGpu());
  gpuOf(s).destroy();
  await gpuOf(s).lost;
  await table(s, all, lost);
});

gpuTest("gone: a device that is lost while its calls run", async () => {
  const s = await subjects(await openWebGpu());
  const ends = Object.entries(all).map(async ([name, call]) => [name, await endOf(() => call(s))] as const);
  gpuOf(s).destroy();
  const wrong = (await Promise.all(ends)).filter(([, end]) => end !== "no error" && !lost.test(end));
  await quiet(s, wrong.map(([name, end]) => `${name}: ${end}`));
});

gpuTest("gone: a device that was lost a moment ago", async () => {
  const s = await subjects(await openWebGpu());
  gpuOf(s).destroy();
  const ends = Object.entries(all).map(async ([name, call]) => [name, await endOf(() => call(s))] as const);
  const found = await Promise.all(ends);
  const silent = found.filter(([, end]) => end === "no error").map(([name]) => name);
  assertEquals(silent, soon);
  const wrong = found.filter(([, end]) => end !== "no error" && !lost.test(end));
  await quiet(s, wrong.map(([name, end]) => `${name}: ${end}`));
});

for (const [name, open] of [["WebGPU", openWebGpu], ["reference", () => new ReferenceDevice()]] as const) {
  const test = name === "WebGPU" ? gpuTest : (title: string, body: () => Promise<void>) => Deno.test(title, body);
  test(`gone: a disposed device (${name})`, async () => {
    const s = await subjects(await open());
    await s.device[Symbol.asyncDispose]();
    await table(s, all, disposed);
  });

  test(`gone: a device that is disposed while its calls run (${name})`, async () => {
    const s = await subjects(await open());
    const ends = Object.entries(all).map(async ([name, call]) => [name, await endOf(() => call(s))] as const);
    await s.device[Symbol.asyncDispose]();
    const wrong = (await Promise.all(ends)).filter(([, end]) => end !== "no error" && !disposed.test(end));
    await quiet(s, wrong.map(([name, end]) => `${name}: ${end}`));
  });

  test(`gone: a disposed model (${name})`, async () => {
    const s = await subjects(await open());
    s.decoder.dispose();
    s.encoder.dispose();
    await table(s, { ...decoderCalls, ...encoderCalls }, model);
  });

  test(`gone: a disposed trainer (${name})`, async () => {
    const s = await subjects(await open());
    s.trainer.close();
    const calls = Object.fromEntries(Object.entries(deviceCalls).filter(([name]) => name.startsWith("trainer.")));
    await table(s, calls, /^Cannot .*: the trainer was disposed$/);
  });
}
