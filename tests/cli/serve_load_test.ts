/** Served models of folders: chat templates, and the tokens that end an answer. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeHandler } from "../../cli/serve/app.ts";
import { loadServed } from "../../cli/serve/load.ts";
import { openReference } from "../../cli/support/device.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { post } from "./serve_support.ts";
import { decoderFolder, routed, run } from "./support.ts";

const config = { eos_token: ".", chat_template: "{% for m in messages %}{{ m.content }}{% endfor %}{{ eos_token }}" };

/** A served folder with a configuration of its tokenizer. */
async function served(tokenizer: unknown) {
  const folder = await decoderFolder({ ...routed, eos_token_id: 5 });
  await Deno.writeTextFile(`${folder}/tokenizer_config.json`, JSON.stringify(tokenizer));
  let ends: readonly number[] = [];
  const models = await loadServed([folder], await openReference(), (decoder, stops) => {
    ends = stops.filter((id) => !decoder.config.eos.includes(id));
    return Engine.open(decoder, { slots: 2, stops });
  });
  const limits = { bodyBytes: 10_000, requests: 9 };
  const handler = makeHandler({ models, limits, started: 1, health: {}, log: () => {} });
  const [model] = models.keys();
  const ask = async (path: string, body: Record<string, unknown>) => {
    const response = await handler(post(path, { model, temperature: 0, max_tokens: 5, ...body }));
    return { status: response.status, json: await response.json() };
  };
  return { ask, ends, folder };
}

Deno.test("a chat continues the prompt of its template, as a completion of the same text does", async () => {
  const { ask, ends } = await served(config);
  assertEquals(ends, [28]); // the full stop of the tokenizer
  const chat = await ask("/v1/chat/completions", { messages: [{ role: "user", content: "a cat" }] });
  const text = await ask("/v1/completions", { prompt: "a cat." });
  assertEquals(chat.json.choices[0].message.content, text.json.choices[0].text);
  assertEquals(chat.json.usage, text.json.usage);
});

Deno.test("an invalid template is noted at the start, and chats are refused with its fault", async () => {
  const { ask, ends, folder } = await served({ ...config, chat_template: "{% for %}" });
  assertEquals(ends, []);
  const { status, json: { error } } = await ask("/v1/chat/completions", { messages: [{ role: "user", content: "a" }] });
  assertEquals([status, error.param], [400, "model"]);
  assertStringIncludes(error.message, "its chat_template of tokenizer_config.json cannot be used: ");
  assertEquals((await ask("/v1/completions", { prompt: "a cat" })).status, 200);
  const { err } = await run("serve", [folder, folder, "--port", "0", "--device", "reference"]); // ends after loading
  assertStringIncludes(
    err,
    `No chat with ${folder.split("/").pop()}: its chat_template of tokenizer_config.json cannot`,
  );
});
