/** A logitsProcessor changes the logits of its own request, with the ids of all tokens before. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { generate } from "../../src/infer/generate.ts";
import type { GenerateOptions } from "../../src/infer/generate_options.ts";
import type { Device } from "../../src/op/device.ts";
import { gpuTest } from "../support/gpu.ts";
import { kinds } from "../support/engine.ts";
import { decoderOn, someIds } from "../support/models.ts";

const prompt = [5, 9, 2];

/** The likeliest token after some ids but those in `banned`, from a forward pass. */
async function best(model: DecoderModel, ids: readonly number[], banned: (id: number) => boolean): Promise<number> {
  const { logits } = await model.forward([ids], { logits: true });
  const row = Array.from(logits!.data.slice(-model.config.V), (logit, id) => banned(id) ? -Infinity : logit);
  return row.indexOf(Math.max(...row));
}

/** Checks that no token comes twice where a processor excludes all tokens so far, beside requests without one. */
async function assertExcluded(device: Device, exclude: NonNullable<GenerateOptions["logitsProcessor"]>): Promise<void> {
  for (const json of kinds) {
    const model = decoderOn(device, { ...json, eos_token_id: null });
    await using engine = await Engine.open(model, { slots: 3 });
    const others = [1, 2].map((seed) => ({ maxNewTokens: 9, temperature: 1, seed, topLogProbs: seed - 1 }));
    const streams = [{ maxNewTokens: 8, logitsProcessor: exclude }, ...others].map((options, b) =>
      engine.submit(b === 0 ? prompt : someIds(b, 6), options)
    );
    const [made, ...rest] = await Promise.all(streams.map((stream) => Array.fromAsync(stream)));
    const ids = [...prompt];
    for (const { id } of made) {
      assertEquals(id, await best(model, ids, (id) => ids.includes(id)));
      ids.push(id);
    }
    assertEquals([made.length, new Set(ids).size], [8, 11]);
    for (const [b, options] of others.entries()) {
      const alone = await Array.fromAsync(generate(model, someIds(b + 1, 6), options));
      assertEquals(rest[b].map(({ id }) => id), alone.map(({ id }) => id));
    }
    model.dispose();
  }
}

const inPlace = (logits: Float32Array, ids: readonly number[]) => ids.forEach((id) => logits[id] = -Infinity);
const returned = (logits: Float32Array, ids: readonly number[]) =>
  logits.map((logit, id) => ids.includes(id) ? -Infinity : logit);

Deno.test("logitsProcessor: excluded tokens never come, whether changed in place or returned; other requests keep theirs", async () => {
  await assertExcluded(new ReferenceDevice("f64"), inPlace);
  await assertExcluded(new ReferenceDevice(), returned);
});

gpuTest("logitsProcessor: the same on WebGPU", async (gpu) => await assertExcluded(gpu, inPlace));

Deno.test("logitsProcessor: a forced token has the log-probability of the changed logits; the others are not listed", async () => {
  const model = decoderOn(new ReferenceDevice(), {});
  const logitsProcessor = (logits: Float32Array) => void logits.fill(-Infinity).fill(3, 7, 9);
  const pieces = await Array.fromAsync(generate(model, prompt, { logitsProcessor, topLogProbs: 3, maxNewTokens: 2 }));
  const half = Math.fround(-Math.LN2);
  for (const { id, logProb, top } of pieces) {
    assertEquals([id, logProb], [7, half]);
    assertEquals(top!.map(({ id, logProb }) => [id, logProb]), [[7, half], [8, half]]);
  }
});

Deno.test("logitsProcessor: what it throws, and wrong results, end its request and no other", async () => {
  const model = decoderOn(new ReferenceDevice(), { eos_token_id: null });
  await using engine = await Engine.open(model, { slots: 4 });
  const fault = new Error("the grammar has no rule");
  const submit = (logitsProcessor?: unknown) =>
    engine.submit(prompt, { maxNewTokens: 3, logitsProcessor: logitsProcessor as never });
  const streams = [
    () => {
      throw fault;
    },
    () => [1, 2],
    () => 5,
    undefined,
  ].map(submit);
  const all = await Promise.allSettled(streams.map((stream) => Array.fromAsync(stream)));
  assertEquals((all[0] as PromiseRejectedResult).reason, fault);
  const reasons = all.slice(1, 3).map((one) => (one as PromiseRejectedResult).reason.message);
  const refused = (found: string) => `Cannot generate: logitsProcessor returned ${found}, expected 29 numbers`;
  assertEquals(reasons, [refused("2 logits"), refused("5")]);
  assert(all[3].status === "fulfilled" && all[3].value.length === 3);
  const nothing = generate(model, prompt, { logitsProcessor: (logits) => void logits.fill(-Infinity) });
  await assertRejects(() => Array.fromAsync(nothing), Error, "Cannot generate: the logits of step 1 are not finite");
});
