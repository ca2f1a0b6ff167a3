/** `/v1/completions` in one response: its fields, the options of the engine, and refused fields by name. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fakeServer, lineOf, post } from "./serve_support.ts";

async function complete(body: Record<string, unknown>) {
  const server = fakeServer();
  const response = await server.handler(post("/v1/completions", { model: "words", prompt: "ab", ...body }));
  return { ...server, status: response.status, json: await response.json() };
}

Deno.test("a completion has OpenAI's form, and its tokens are counted", async () => {
  const { json, log, engine } = await complete({ max_tokens: 3 });
  const { id, created, ...rest } = json;
  assertEquals(/^cmpl-[0-9a-f]{32}$/.test(id) && Math.abs(created - Date.now() / 1000) < 60, true);
  assertEquals(rest, {
    object: "text_completion",
    model: "words",
    choices: [{ text: "t0 t1 t2 ", index: 0, logprobs: null, finish_reason: "length" }],
    usage: { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 },
  });
  assertEquals(log.map(lineOf), ["POST /v1/completions 200 2+3"]);
  assertEquals(engine.status().running, 0);
});

Deno.test("the defaults are OpenAI's: 16 tokens, temperature 1, and another seed every time", async () => {
  const [{ engine: a }, { engine: b, json }] = [await complete({}), await complete({})];
  const [{ seed: one, ...options }, { seed: two }] = [a.submitted[0].options, b.submitted[0].options];
  assertEquals(json.usage.completion_tokens, 16);
  assertEquals([options.temperature, options.maxNewTokens, options.stop], [1, 16, []]);
  assertEquals(one !== two, true);
});

Deno.test("all parameters reach the engine, including extensions", async () => {
  const { engine } = await complete({
    ...{ temperature: 0.5, top_p: 0.9, top_k: 7, min_p: 0.1, repetition_penalty: 1.2, max_depth: 2, seed: 5 },
    ...{ max_tokens: 4, stop: ["x", "y"] },
  });
  assertEquals(engine.submitted, [{
    prompt: [97, 98],
    options: {
      ...{ maxNewTokens: 4, temperature: 0.5, topP: 0.9, topK: 7, minP: 0.1, repetitionPenalty: 1.2, maxDepth: 2 },
      ...{ seed: 5, stop: ["x", "y"] },
    },
  }]);
});

Deno.test("n choices of each prompt, in order, with seeds one after the other; a prompt counts once", async () => {
  const { json, engine } = await complete({ prompt: ["a", "bcd"], n: 2, seed: 8, max_tokens: 1 });
  assertEquals(engine.submitted.map(({ prompt, options }) => [prompt, options.seed]), [
    ...[[[97], 8], [[97], 9], [[98, 99, 100], 10], [[98, 99, 100], 11]],
  ]);
  assertEquals(json.choices.map(({ index }: { index: number }) => index), [0, 1, 2, 3]);
  assertEquals(json.usage, { prompt_tokens: 4, completion_tokens: 4, total_tokens: 8 });
});

Deno.test("prompts may be ids; echo shows the prompt; a stop text is a reason", async () => {
  const { json, engine } = await complete({ prompt: [[97, 98], [99]], echo: true, stop: "t1" });
  assertEquals(engine.submitted.map(({ prompt }) => prompt), [[97, 98], [99]]);
  assertEquals(json.choices.map(({ text }: { text: string }) => text), ["abt0 ", "ct0 "]);
  assertEquals(json.choices[0].finish_reason, "stop");
  assertEquals((await complete({ prompt: [97, 98] })).engine.submitted[0].prompt, [97, 98]);
});

Deno.test("log-probabilities are the chosen tokens', with their depths and scores", async () => {
  const { json: { choices: [{ logprobs, refrain }] } } = await complete({ max_tokens: 3, logprobs: 0 });
  assertEquals(logprobs, {
    tokens: ["t0 ", "t1 ", "t2 "],
    token_logprobs: [0, -1, -2],
    top_logprobs: null,
    text_offset: [0, 3, 6],
  });
  assertEquals(refrain, { depth: [1, 2, 1], score: [0, 0.25, 0.5] });
});

const wrong: [body: Record<string, unknown>, param: string | null, message: string][] = [
  [{ model: undefined }, "model", "body.model is missing"],
  [{ prompt: undefined }, "prompt", "body.prompt is missing"],
  [{ prompt: "" }, "prompt", "body.prompt is empty"],
  [{ prompt: [] }, "prompt", "neither a text nor ids"],
  [{ prompt: ["a", 1] }, "prompt", "neither a text nor ids"],
  [{ prompt: [[1], []] }, "prompt", "body.prompt[1] is empty"],
  [{ prompt: [1.5] }, "prompt", "body.prompt[0] is 1.5, expected the id of a token"],
  [{ prompt: [[1], [2, -3]] }, "prompt", "body.prompt[1][1] is -3, expected the id of a token"],
  [{ prompt: ["a", "\ud83d"] }, "prompt", "body.prompt[1] has half a pair of surrogates"],
  [{ prompt: ["a", "a".repeat(101)] }, null, "the prompt has 101 tokens, at prompt 2 of 2"],
  [{ prompt: "a".repeat(101) }, null, "the prompt has 101 tokens"],
  [{ max_tokens: -1 }, "max_tokens", "is -1, expected a whole number"],
  [{ temperature: 2.5 }, "temperature", "is 2.5, expected a number from 0 to 2"],
  [{ temperature: "hot" }, "temperature", 'is "hot", expected a number'],
  [{ temprature: 1 }, "temprature", "the nearest known key is temperature"],
  [{ suffix: "end" }, "suffix", 'is "end", only "" is supported'],
  [{ best_of: 2 }, "best_of", "only 1 is supported"],
  [{ best_of: 2, n: 3 }, "best_of", "is 2, only 1, 3 is supported"],
  [{ logit_bias: { 5: 1 } }, "logit_bias", 'is {"5":1}, only {} is supported'],
  [{ min_tokens: 3 }, "min_tokens", "is 3, only 0 is supported"],
  [{ guided_regex: "a*" }, "guided_regex", 'is "a*", only null is supported'],
  [{ user: 5 }, "user", "body.user is 5, expected a text"],
  [{ top_k: -2 }, "top_k", "is -2, expected a whole number of at least -1"],
  [{ logprobs: true }, "logprobs", "body.logprobs is true"],
  [{ logprobs: 21 }, "logprobs", "body.logprobs is 21, expected a whole number from 0 to 20"],
  [{ logprobs: 1, max_depth: 1 }, "max_depth", "scored at the depths that the routers choose"],
  [{ logprobs: 0, echo: true, max_depth: 1 }, "max_depth", "scored at the depths that the routers choose"],
  [{ presence_penalty: 0.5 }, "presence_penalty", "only 0 is supported"],
  [{ stop: [..."abcdefghijklmnopq"] }, "stop", "up to 16 texts"],
  [{ stop: [""] }, "stop", "none empty"],
  [{ stop: "a".repeat(1001) }, "stop", "body.stop has 1001 characters, 1000 is the most"],
  [{ stop: ["a", "\udc00"] }, "stop", "body.stop[1] has half a pair"],
  [{ stream_options: { include_usage: true } }, "stream_options", "body.stream is not"],
  [{ stream: true, stream_options: { usage: true } }, "stream_options.usage", "nearest known key is include_usage"],
  [{ n: 201, prompt: ["a", "b"] }, "n", "expected a whole number from 1 to 128"],
  [{ n: 101, prompt: ["a", "b"] }, null, "Cannot start 202 at once: 200 may run or wait at once"],
  [{ model: "vectors" }, "model", "it is a model for embeddings"],
];

Deno.test("invalid requests are refused with parameter and reason, and nothing runs", async () => {
  for (const [body, param, message] of wrong) {
    const { status, json: { error }, engine } = await complete(body);
    assertEquals([status, error.type, error.param], [400, "invalid_request_error", param], JSON.stringify(body));
    assertStringIncludes(error.message, message);
    assertEquals(engine.status().running, 0);
  }
});

Deno.test("an unknown model is not found", async () => {
  const { status, json: { error } } = await complete({ model: "gpt" });
  assertEquals([status, error.code], [404, "model_not_found"]);
  assertStringIncludes(error.message, "there is words, vectors");
});
