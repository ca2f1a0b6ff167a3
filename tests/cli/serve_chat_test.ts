/** `/v1/chat/completions`: answers whole and as events in OpenAI's form, the prompt by the template, refused fields. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ChatTemplate } from "../../cli/serve/chat_template.ts";
import { CHAT_HARMLESS } from "../../cli/serve/harmless.ts";
import type { ServedDecoder } from "../../cli/serve/service.ts";
import { eventsOf, fakeServer, lineOf, post } from "./serve_support.ts";

const messages = [{ role: "user", content: "hi" }];
const body = { model: "words", messages, max_tokens: 3 };
const ask = (server: ReturnType<typeof fakeServer>, given: Record<string, unknown>) =>
  server.handler(post("/v1/chat/completions", { ...body, ...given }));

async function answer(given: Record<string, unknown>, chat?: ServedDecoder["chat"]) {
  const server = fakeServer();
  if (chat !== undefined) Object.assign(server.words, { chat });
  const response = await ask(server, given);
  return { ...server, status: response.status, json: await response.json() };
}

const ids = (text: string) => [...text].map((c) => c.charCodeAt(0));

Deno.test("an answer has OpenAI's form; the prompt is the template's, without further special tokens", async () => {
  const { json, engine, log } = await answer({ seed: 4, temperature: 0.5, stop: ["x"] });
  const { id, created, ...rest } = json;
  assertMatch(id, /^chatcmpl-[0-9a-f]{32}$/);
  assertEquals(Math.abs(created - Date.now() / 1000) < 60, true);
  const message = { role: "assistant", content: "t0 t1 t2 ", refusal: null };
  assertEquals(rest, {
    object: "chat.completion",
    model: "words",
    choices: [{ index: 0, message, logprobs: null, finish_reason: "length" }],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
  });
  const { options: { maxNewTokens, temperature, seed, stop }, prompt } = engine.submitted[0];
  assertEquals([prompt, maxNewTokens, temperature, seed, stop], [ids("u:hi;a:"), 3, 0.5, 4, ["x"]]);
  assertEquals(log.map(lineOf), ["POST /v1/chat/completions 200 7+3"]);
});

Deno.test("n answers with seeds one after the other; without a number of tokens as many as fit", async () => {
  const { json, engine } = await answer({ n: 2, seed: 8, max_tokens: null, stop: "t1" });
  assertEquals(engine.submitted.map(({ options: { seed, maxNewTokens } }) => [seed, maxNewTokens]), [
    ...[[8, undefined], [9, undefined]],
  ]);
  const got = json.choices.map((
    choice: { index: number; message: { content: string }; finish_reason: string },
  ) => [choice.index, choice.message.content, choice.finish_reason]);
  assertEquals(got, [[0, "t0 ", "stop"], [1, "t0 ", "stop"]]);
  assertEquals(json.usage, { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 });
  const renamed = await answer({ max_tokens: undefined, max_completion_tokens: 5 });
  assertEquals(renamed.engine.submitted[0].options.maxNewTokens, 5);
});

Deno.test("a stream has the role first, then the tokens, the finish reason, and the usage if requested", async () => {
  const response = await ask(fakeServer(), { stream: true, stream_options: { include_usage: true } });
  const events = eventsOf(await response.text());
  assertEquals(new Set(events.map(({ object }) => object)), new Set(["chat.completion.chunk"]));
  assertEquals(new Set(events.map(({ id }) => id)).size, 1);
  const { choices, usage } = events.pop();
  assertEquals([choices, usage], [[], { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }]);
  assertEquals(events.map(({ choices: [{ delta, finish_reason }] }) => [delta, finish_reason]), [
    [{ role: "assistant", content: "" }, null],
    ...["t0 ", "t1 ", "t2 "].map((content) => [{ content }, null]),
    [{}, "length"],
  ]);
});

Deno.test("log-probabilities have the bytes of each token, whole and as events", async () => {
  const content = ["t0 ", "t1 "].map((token, i) => ({ token, logprob: -i, bytes: ids(token), top_logprobs: [] }));
  const { json } = await answer({ logprobs: true, max_tokens: 2 });
  assertEquals(json.choices[0].logprobs.content, content.map((part, i) => ({ ...part, logprob: i === 0 ? 0 : -1 })));
  const response = await ask(fakeServer(), { stream: true, logprobs: true, max_tokens: 2 });
  const all = eventsOf(await response.text()).flatMap(({ choices: [{ logprobs }] }) => logprobs?.content ?? []);
  assertEquals(all.map(({ token }) => token), ["t0 ", "t1 "]);
});

Deno.test("messages may have parts, names, and the fields of earlier answers", async () => {
  const template =
    "{% for m in messages %}{{ m.role }}{% if m.name %}({{ m.name }}){% endif %}={{ m.content }};{% endfor %}";
  const parts = [{ type: "text", text: "a" }, { type: "text", text: "b" }];
  const earlier = { role: "assistant", content: "", refusal: null, annotations: [], audio: null, tool_calls: [] };
  const given = [{ role: "system", content: "s" }, { role: "user", content: parts, name: "Ann" }, earlier];
  const { engine } = await answer({ messages: given }, new ChatTemplate(template, {}));
  assertEquals(engine.submitted[0].prompt, ids("system=s;user(Ann)=a\nb;assistant=;"));
});

const first = (message: unknown) => ({ messages: [message] });
const wrong: [body: Record<string, unknown>, param: string | null, message: string][] = [
  [{ messages: undefined }, "messages", "body.messages is not a list of messages"],
  [{ messages: [] }, "messages", "body.messages is not a list of messages"],
  [first("hi"), "messages[0]", "body.messages[0] is not an object"],
  [
    first({ role: "robot", content: "a" }),
    "messages[0].role",
    "expected one of system, developer, user, assistant, tool",
  ],
  [first({ role: "user" }), "messages[0].content", "body.messages[0].content is missing"],
  [first({ role: "user", content: 5 }), "messages[0].content", "neither a text nor parts"],
  [first({ role: "user", content: [] }), "messages[0].content", "neither a text nor parts"],
  [first({ role: "user", content: "\ud83d" }), "messages[0].content", "half a pair of surrogates"],
  [first({ role: "user", content: [{ type: "image_url" }] }), "messages[0].content[0].type", "expected one of text"],
  [first({ role: "user", content: [{ type: "text" }] }), "messages[0].content[0].text", "is not a text"],
  [first({ role: "assistant", content: "a", tool_calls: [{}] }), "messages[0].tool_calls", "only [] is supported"],
  [first({ role: "user", content: "a", rôle: 1 }), "messages[0].rôle", "the nearest known key is role"],
  [{ max_completion_tokens: 4 }, "max_completion_tokens", "is 4, and body.max_tokens is 3"],
  [{ tools: [{}] }, "tools", "only [] is supported"],
  [{ logprobs: 1 }, "logprobs", "expected true or false"],
  [{ top_logprobs: 0 }, "top_logprobs", "body.logprobs is not true"],
  [{ logprobs: true, top_logprobs: 21 }, "top_logprobs", "is 21, expected a whole number from 0 to 20"],
  [{ prompt: "a" }, "prompt", "body.prompt is unknown"],
  [{ model: "vectors" }, "model", "it is a model for embeddings"],
  [{ model: undefined }, "model", "body.model is missing"],
  [first({ role: "user", content: "a".repeat(100) }), null, "the prompt has 105 tokens"],
];

Deno.test("invalid requests are refused with parameter and reason, and nothing runs", async () => {
  for (const [given, param, message] of wrong) {
    const { status, json: { error }, engine } = await answer(given);
    assertEquals([status, error.type, error.param], [400, "invalid_request_error", param], JSON.stringify(given));
    assertStringIncludes(error.message, message);
    assertEquals(engine.submitted, []);
  }
  for (const [key, values] of Object.entries(CHAT_HARMLESS)) {
    for (const value of [null, ...values]) assertEquals((await answer({ [key]: value })).status, 200, key);
  }
});

Deno.test("a model without a template, and messages that a template refuses: 400 with reason and remedy", async () => {
  const cases: [chat: ServedDecoder["chat"], param: string, message: string][] = [
    ["it has no chat template: add x", "model", "Cannot complete the chat with words: it has no chat template: add x"],
    [new ChatTemplate("{{ raise_exception('No.') }}", {}), "messages", "Cannot complete the chat: No."],
    [new ChatTemplate("{{ f() }}", {}), "messages", "Cannot complete the chat: the chat template of words fails, "],
    [
      new ChatTemplate("", {}),
      "messages",
      "Cannot complete the chat: the chat template of words fails, it makes an empty prompt",
    ],
  ];
  for (const [chat, param, message] of cases) {
    const { status, json: { error }, engine } = await answer({}, chat);
    assertEquals([status, error.param, engine.submitted.length], [400, param, 0]);
    assertStringIncludes(error.message, message);
  }
});
