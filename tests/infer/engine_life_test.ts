/** States of an engine: idle, resumed, overloaded, closed, failed; its memory does not grow. */
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { Engine } from "../../src/infer/engine/engine.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { whole } from "../support/engine.ts";
import { own } from "../support/device.ts";
import { gpuTest } from "../support/gpu.ts";
import { decoderOn, someIds } from "../support/models.ts";

const json = {
  ...{ hidden_size: 8, intermediate_size: 8, vocab_size: 13, num_attention_heads: 2, num_key_value_heads: 1 },
  ...{ num_hidden_layers: 5, max_position_embeddings: 64 },
  recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1, router: "mlp" },
};
const device = new ReferenceDevice();
const model = decoderOn(device, json);
const prompt = (i: number) => someIds(i, 1 + i % 9, 13);
const options = (i: number) => ({ maxNewTokens: 1 + i % 5, seed: i });
const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("engine: a request submitted as the last one ends is served", async () => {
  await using engine = await Engine.open(model, { slots: 2 });
  for (let wait = 0; wait < 20; wait++) {
    const first = engine.submit([1, 2], { maxNewTokens: wait % 2 });
    await whole(first);
    for (let i = 0; i < wait >> 2; i++) await (wait & 2 ? turn() : null);
    assertEquals((await whole(engine.submit([3], { maxNewTokens: 2 }))).tokens.length, 2);
  }
});

Deno.test("engine: three hundred requests on four slots", async () => {
  await using engine = await Engine.open(model, { slots: 4 });
  const all = Array.from({ length: 300 }, (_, i) => engine.submit(prompt(i), options(i)));
  assertEquals(engine.status().waiting, 300);
  const got = await Promise.all(all.map(whole));
  for (const [i, { tokens, finish }] of got.entries()) {
    assertEquals([tokens.length, finish], [1 + i % 5, "length"]);
    if (i % 20 === 0) assertEquals(await whole(engine.submit(prompt(i), options(i))), got[i]);
  }
  const { running, waiting, tokens, depths, steps } = engine.status();
  assertEquals([running, waiting], [0, 0]);
  assertEquals(tokens, depths.reduce((sum, count) => sum + count, 0));
  assert(steps >= tokens / 4 && steps <= 4 * tokens, `${steps} steps for ${tokens} tokens on 4 slots`);
});

/** The one error that ends the given requests and refuses the next one. */
async function theError(engine: Engine, requests: readonly Promise<unknown>[]): Promise<Error> {
  const ends = (await Promise.allSettled(requests)).filter((end) => end.status === "rejected");
  const [first] = ends;
  assert(ends.length >= 2, "waiting requests fail too");
  for (const end of ends) assertStrictEquals(end.reason, first.reason);
  assertStrictEquals(assertThrows(() => engine.submit([1])), first.reason);
  assert(first.reason instanceof Error);
  return first.reason;
}

Deno.test("engine: disposal ends all requests with one error, and a second disposal has no effect", async () => {
  for (const turns of [0, 1, 5]) {
    const engine = await Engine.open(model, { slots: 2 });
    const requests = [1, 2, 3, 4].map((i) => whole(engine.submit(prompt(i), { maxNewTokens: 55 })));
    for (let i = 0; i < turns; i++) await turn();
    const closing = engine[Symbol.asyncDispose]();
    assertEquals((await theError(engine, requests)).message, "Cannot generate: the engine was closed");
    await closing;
    await engine[Symbol.asyncDispose]();
    assertEquals([engine.status().running, engine.status().waiting], [0, 0]);
  }
  const idle = await Engine.open(model);
  await idle[Symbol.asyncDispose]();
  assertThrows(() => idle.submit([1]), Error, "Cannot generate: the engine was closed");
});

Deno.test("engine: a device failure ends all requests with one error that names the cause", async () => {
  for (const [k, until] of [[0, 1], [1, 2], [1, 99], [3, 4], [3, 99]]) {
    const broken = new ReferenceDevice();
    const engine = await Engine.open(decoderOn(broken, json), { slots: 2 });
    const read = broken.read.bind(broken), lost = new Error("the device is lost");
    let readings = 0; // the first ones succeed, some or all of the others fail
    broken.read = (tensors) => k <= readings++ && readings <= until ? Promise.reject(lost) : read(tensors);
    const requests = [1, 2, 3, 4].map((i) => whole(engine.submit(prompt(i), { maxNewTokens: 55 })));
    const error = await theError(engine, requests);
    assertEquals(error.message, "Cannot generate: the engine has stopped, the device is lost");
    assertStrictEquals(error.cause, lost);
    assertEquals([engine.status().running, engine.status().waiting], [0, 0]);
    await engine[Symbol.asyncDispose]();
    await assertRejects(async () => await whole(engine.submit([1])), Error, "the engine has stopped");
  }
});

gpuTest("engine: device memory does not grow over thousands of tokens", async (gpu) => {
  const device = own(gpu);
  const model = decoderOn(device, json);
  await using engine = await Engine.open(model, { slots: 16 });
  const round = async (seed: number) => {
    const asked = Array.from({ length: 50 }, (_, i) => engine.submit(prompt(i), { maxNewTokens: 20, seed: seed + i }));
    for (const { tokens } of await Promise.all(asked.map(whole))) assertEquals(tokens.length, 20);
    const { steps: _, tokens, depths, ...status } = engine.status();
    assertEquals(depths.reduce((sum, count) => sum + count, 0), tokens);
    return { status, bytes: device.bytes };
  };
  const first = await round(0);
  for (const seed of [1, 2]) assertEquals(await round(seed), first);
});
