/** Parameters without effect, as OpenAI's, LangChain's and vLLM's clients send them; code points. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { COMPLETION_HARMLESS, EMBEDDING_HARMLESS } from "../../cli/serve/harmless.ts";
import { TextChoice } from "../../cli/serve/text_choice.ts";
import { fakeServer, post } from "./serve_support.ts";

async function ask(path: string, body: Record<string, unknown>) {
  const { handler, engine } = fakeServer();
  const response = await handler(post(path, body));
  return { status: response.status, json: await response.json(), engine };
}

const completion = { model: "words", prompt: "ab", max_tokens: 2, seed: 1 };
const embedding = { model: "vectors", input: "a" };

/** What clients send without being told to. */
const clients: Record<string, Record<string, unknown>> = {
  openai: {
    ...{ best_of: null, echo: false, frequency_penalty: 0, logit_bias: {}, logprobs: null, n: 1, presence_penalty: 0 },
    ...{ stop: null, stream: false, stream_options: null, suffix: null, temperature: 1, top_p: 1, user: "" },
  },
  langchain: {
    ...{ best_of: 1, frequency_penalty: 0.0, logit_bias: {}, logprobs: null, n: 1, presence_penalty: 0.0 },
    ...{ stop: [], temperature: 0.7, top_p: 1.0, user: "someone" },
  },
  vllm: {
    ...{ top_k: -1, min_p: 0.0, repetition_penalty: 1.0, length_penalty: 1.0, use_beam_search: false, min_tokens: 0 },
    ...{ early_stopping: false, stop_token_ids: [], ignore_eos: false, skip_special_tokens: true, top_p: 1.0 },
    ...{ spaces_between_special_tokens: true, include_stop_str_in_output: false, truncate_prompt_tokens: null },
    ...{ prompt_logprobs: null, add_special_tokens: true, response_format: { type: "text" }, guided_json: null },
    ...{ stream_options: {}, logprobs: false, stop: "", top_p_unset: undefined },
  },
};

Deno.test("the defaults of clients change nothing", async () => {
  const plain = (await ask("/v1/completions", completion)).engine.submitted;
  for (const [client, body] of Object.entries(clients)) {
    const { status, json, engine } = await ask("/v1/completions", { ...body, ...completion });
    assertEquals([status, json.choices?.[0].text], [200, "t0 t1 "], `${client}: ${JSON.stringify(json)}`);
    const [{ options, prompt }] = engine.submitted;
    const { topK, maxDepth, temperature, ...others } = options;
    assertEquals([topK, maxDepth, temperature], [undefined, undefined, client === "langchain" ? 0.7 : 1]);
    const { topP = 1, minP = 0, repetitionPenalty = 1, ...rest } = others;
    assertEquals({ topP, minP, repetitionPenalty, prompt, rest }, {
      ...{ topP: 1, minP: 0, repetitionPenalty: 1, prompt: plain[0].prompt },
      rest: { maxNewTokens: 2, stop: [], seed: 1 },
    });
  }
});

Deno.test("every parameter of the tables takes null and its harmless values, and no other", async () => {
  const tables = [["/v1/completions", completion, COMPLETION_HARMLESS], [
    "/v1/embeddings",
    embedding,
    EMBEDDING_HARMLESS,
  ]];
  for (const [path, body, table] of tables as [string, Record<string, unknown>, typeof COMPLETION_HARMLESS][]) {
    for (const [key, values] of Object.entries(table)) {
      for (const value of [null, ...values]) {
        assertEquals((await ask(path, { ...body, [key]: value })).status, 200, `${key}: ${JSON.stringify(value)}`);
      }
      const { status, json: { error } } = await ask(path, { ...body, [key]: ["something"] });
      assertEquals([status, error.param], [400, key]);
      assertStringIncludes(error.message, `body.${key} is ["something"], only `);
    }
  }
});

Deno.test("null is a parameter that is not given, whatever its name", async () => {
  const nothing = { tools: null, some_other: null, stream_options: { include_usage: null, other: null } };
  assertEquals((await ask("/v1/completions", { ...completion, ...nothing })).status, 200);
  assertEquals((await ask("/v1/embeddings", { ...embedding, tools: null })).status, 200);
  const missing = await ask("/v1/completions", { ...completion, model: null });
  assertEquals([missing.status, missing.json.error.param], [400, "model"]);
  assertEquals((await ask("/v1/completions", { ...completion, tools: [] })).json.error.param, "tools");
});

Deno.test("embeddings take a user, the width of the model, and nulls", async () => {
  const harmless = { encoding_format: null, dimensions: 2, user: "" };
  assertEquals((await ask("/v1/embeddings", { ...embedding, ...harmless })).status, 200);
  assertEquals((await ask("/v1/embeddings", { ...embedding, dimensions: null, user: null })).status, 200);
});

Deno.test("text_offset counts code points: a pair of surrogates is one", () => {
  const choice = new TextChoice(0, {} as never, { shown: "", logProbs: 0, tokenizer: {} as never });
  const pieces = ["a", "😀", "é👍🏽", "", "b"].map((text, id) => ({ text, id, depth: 1, logProb: 0, score: 0 }));
  assertEquals(choice.part(pieces.slice(0, 3)).logprobs?.text_offset, [0, 1, 2]);
  assertEquals(choice.part(pieces.slice(3)).logprobs?.text_offset, [5, 5]);
});
