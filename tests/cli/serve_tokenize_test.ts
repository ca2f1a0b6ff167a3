/** `/tokenize` and `/detokenize`: ids of texts and texts of ids, by fake tokenizers and that of a shipped model. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeHandler } from "../../cli/serve/app.ts";
import { loadServed } from "../../cli/serve/load.ts";
import { openReference } from "../../cli/support/device.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { fakeServer, post } from "./serve_support.ts";

type Handler = ReturnType<typeof makeHandler>;

async function ask(handler: Handler, path: string, body: Record<string, unknown>) {
  const response = await handler(post(path, body));
  return { status: response.status, json: await response.json() };
}

Deno.test("tokenize gives ids, their number and the positions, with special tokens unless told otherwise", async () => {
  const { handler } = fakeServer();
  for (const model of ["words", "vectors"]) {
    const { json } = await ask(handler, "/tokenize", { model, prompt: "ab" });
    assertEquals(json, { count: 3, max_model_len: 50, tokens: [1, 97, 98] });
    const bare = await ask(handler, "/tokenize", { model, prompt: "", add_special_tokens: false });
    assertEquals(bare.json, { count: 0, max_model_len: 50, tokens: [] });
    assertEquals((await ask(handler, "/detokenize", { model, tokens: [1, 97, 98] })).json, { prompt: "ab" });
  }
});

Deno.test("texts of a shipped model come back from their ids", async () => {
  const folder = new URL("../../models/stories-mor", import.meta.url).pathname;
  const models = await loadServed([folder], await openReference(), (model) => Engine.open(model, { slots: 1 }));
  const limits = { bodyBytes: 10_000, requests: 9 };
  const handler = makeHandler({ models, limits, started: 1, health: {}, log: () => {} });
  const model = "stories-mor", prompt = "Once upon a time, Lily's  naïve 猫 said: “no”.\n";
  const { json: { tokens, count, max_model_len } } = await ask(handler, "/tokenize", { model, prompt });
  const bare = await ask(handler, "/tokenize", { model, prompt, add_special_tokens: false });
  assertEquals(tokens, [1, ...bare.json.tokens]);
  assertEquals([count, max_model_len], [tokens.length, 512]);
  for (const ids of [tokens, bare.json.tokens]) {
    assertEquals((await ask(handler, "/detokenize", { model, tokens: ids })).json, { prompt });
  }
});

Deno.test("invalid requests are refused by parameter", async () => {
  const { handler } = fakeServer();
  const wrong: [path: string, body: Record<string, unknown>, status: number, param: string, message: string][] = [
    ["/tokenize", { prompt: "a" }, 400, "model", "body.model is missing"],
    ["/tokenize", { model: "no", prompt: "a" }, 404, "model", "there is words, vectors"],
    ["/tokenize", { model: "words" }, 400, "prompt", "body.prompt is not a text"],
    ["/tokenize", { model: "words", prompt: [1] }, 400, "prompt", "body.prompt is not a text"],
    ["/tokenize", { model: "words", prompt: "\ud83d" }, 400, "prompt", "half a pair of surrogates"],
    ["/tokenize", { model: "words", prompt: "a", texts: 1 }, 400, "texts", "body.texts is unknown"],
    ["/detokenize", { model: "words" }, 400, "tokens", "body.tokens is missing"],
    ["/detokenize", { model: "words", tokens: ["a"] }, 400, "tokens", "body.tokens is not a list of ids"],
    ["/detokenize", { model: "words", tokens: [5, -1] }, 400, "tokens", "body.tokens[1] is -1, expected the id"],
    ["/detokenize", { model: "words", tokens: [200] }, 400, "tokens", "body.tokens[0] is 200, which is outside"],
  ];
  for (const [path, body, status, param, message] of wrong) {
    const got = await ask(handler, path, body);
    assertEquals([got.status, got.json.error.param], [status, param], JSON.stringify(body));
    assertStringIncludes(got.json.error.message, message);
  }
});
