/** Filling masks: the softmax of the head at the masks, on both devices, and texts that cannot be filled. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { Encoder } from "../../mod.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { loadTokenizer } from "../../src/infer/load_tokenizer.ts";
import { measureNoise } from "../../reference/mod.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import type { Device } from "../../src/op/device.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import { fill } from "../../src/infer/fill.ts";
import { encoderOn, largestDifference } from "../support/models.ts";
import { gpuTest } from "../support/gpu.ts";
import { saveStoryEncoder } from "../support/stories.ts";

const folder = await Deno.makeTempDir();
await saveStoryEncoder(folder);
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const TEXT = "The [MASK] liked a little[MASK].";

Deno.test("candidates are the softmax of the logits at each mask, best first", async () => {
  await using encoder = await Encoder.load(folder, { device: "reference" });
  const { tokenizer, config: { vocabSize: V } } = encoder;
  const ids = tokenizer!.encode(TEXT);
  const masks = ids.flatMap((id, row) => id === tokenizer!.mask!.id ? [row] : []);
  const { logits } = await encoder.forward([ids], { logits: true });
  const all = await encoder.fill(TEXT, { candidates: V });
  assertEquals([masks.length, all.length], [2, 2]);
  for (const [m, row] of masks.entries()) {
    const exponentials = Array.from(logits!.data.subarray(row * V, (row + 1) * V), Math.exp);
    const sum = exponentials.reduce((sum, value) => sum + value, 0);
    for (const { id, text, probability } of all[m]) {
      assertAlmostEquals(probability, exponentials[id] / sum, 1e-6);
      assertEquals(text, tokenizer!.decode([id]));
    }
    assert(all[m].every(({ probability }, i) => i === 0 || probability <= all[m][i - 1].probability));
    assertEquals(new Set(all[m].map(({ id }) => id)).size, V);
  }
  assertEquals(await encoder.fill(TEXT), all.map((candidates) => candidates.slice(0, 5)));
});

gpuTest("fill with kernels equals the reference within the float32 bound", async (device) => {
  await using encoder = await Encoder.load(folder, { device: "reference" });
  const weights = await encoder.model.weights();
  const ids = encoder.tokenizer!.encode(TEXT), rows = [3, 1];
  const logits = (on: unknown) => new EncoderModel(on as Device, encoder.model.config, weights).logitsAt(ids, rows);
  const { exact, bounds } = await measureNoise(async (noisy) => ({ logits: await logits(noisy) }));
  const { shape, data } = await logits(device);
  assertEquals(shape, [2, encoder.config.vocabSize]);
  assert(largestDifference(data, exact.logits.data) <= bounds.logits, `${bounds.logits}`);
});

Deno.test("texts and models that cannot be filled", async () => {
  await using encoder = await Encoder.load(folder, { device: "reference" });
  const refused = (text: string, reason: string, candidates?: number) =>
    assertRejects(() => encoder.fill(text, { candidates }), Error, reason);
  await refused("The otter.", 'Cannot fill masks: there is no [MASK] in "The otter."');
  await refused("", "it is empty");
  await refused("[MASK] ".repeat(64), "67 tokens, 64 positions is the most");
  await refused("[MASK]", "0 candidates of 276 tokens", 0);
  await refused("[MASK]", "277 candidates of 276 tokens", 277);
  const bare = encoderOn(new ReferenceDevice());
  await assertRejects(() => fill(bare, "[MASK]"), Error, "without a tokenizer");
  const { mask: _, ...tokenizer } = encoder.tokenizer!;
  const { device, config } = encoder.model, weights = await encoder.model.weights();
  await assertRejects(() => fill(new EncoderModel(device, config, weights, tokenizer), TEXT), Error, "no mask token");
  const headless = new EncoderModel(device, config, weights, encoder.tokenizer, false);
  await assertRejects(() => fill(headless, TEXT), Error, "no head");
});

Deno.test("the mask token is the one that the configuration names, or has one of the usual names", async () => {
  const tokenizer = JSON.parse(await Deno.readTextFile(`${folder}/tokenizer.json`));
  const maskOf = async (config?: object) => {
    const bytes = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
    const files = { "tokenizer.json": bytes(tokenizer), ...(config && { "tokenizer_config.json": bytes(config) }) };
    return (await loadTokenizer(openSource(files)))!.mask;
  };
  assertEquals(await maskOf(), { text: "[MASK]", id: 2 });
  assertEquals(await maskOf({ mask_token: "[PAD]" }), { text: "[PAD]", id: 1 });
  assertEquals(await maskOf({ mask_token: { content: "[SEP]" } }), { text: "[SEP]", id: 4 });
  assertEquals(await maskOf({ mask_token: "<m>" }), undefined);
});
