/** `/v1/completions` of a model with a token that is no number: an error for the request that has it, and for no other. */
import { assertEquals } from "@std/assert";
import { makeHandler } from "../../cli/serve/app.ts";
import type { Service } from "../../cli/serve/service.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { POISON, poisoned } from "../support/poisoned.ts";
import { post } from "./serve_support.ts";

const reference = new ReferenceDevice();
const tokenizer = { encode: () => [1], decode: (ids: readonly number[]) => ids.join(" ") };
const message = "Cannot generate: the logits of step 1 are not finite";

Deno.test("a completion without a distribution is an error, whole or streamed, and others are served", async () => {
  const model = poisoned(reference);
  await using engine = await Engine.open(model, { slots: 2 });
  const models: Service["models"] = new Map([["m", {
    kind: "decoder",
    id: "m",
    tokenizer,
    config: model.config,
    chat: "it has none",
    tokenScores: model.tokenScores.bind(model),
    engine,
  }]]);
  const limits = { bodyBytes: 10_000, requests: 9 };
  const health: { fault?: string } = {};
  const handler = makeHandler({ models, limits, started: 1, health, log: () => {} });
  const ask = (prompt: number[], stream = false) =>
    handler(post("/v1/completions", { model: "m", prompt, stream, max_tokens: 3, temperature: 0 }));
  const [failed, streamed, served] = await Promise.all([ask([2, POISON]), ask([POISON], true), ask([2, 3])]);
  const { error } = await failed.json();
  assertEquals([failed.status, error.type, error.message], [500, "server_error", message]);
  const events = (await streamed.text()).trim().split("\n\n").map((event) => JSON.parse(event.replace("data: ", "")));
  assertEquals(events.at(-1).error.message, message);
  const { choices: [{ finish_reason }], usage } = await served.json();
  assertEquals([served.status, usage.completion_tokens, finish_reason], [200, 3, "length"]);
  assertEquals(health, {});
});
