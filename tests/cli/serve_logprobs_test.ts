/** Log-probabilities with alternatives, of echoed prompts, and without new tokens, on a fake model. */
import { assertEquals } from "@std/assert";
import { eventsOf, fakeServer, post } from "./serve_support.ts";

async function complete(body: Record<string, unknown>, path = "/v1/completions") {
  const response = await fakeServer().handler(post(path, { model: "words", temperature: 0, ...body }));
  return body.stream ? eventsOf(await response.text()) : await response.json();
}

Deno.test("an echoed prompt is scored without new tokens: the first token has no score, offsets begin at the prompt", async () => {
  const { choices: [choice], usage } = await complete({ prompt: "abz", echo: true, max_tokens: 0, logprobs: 2 });
  assertEquals([choice.text, choice.finish_reason], ["abz", "length"]);
  assertEquals(choice.logprobs, {
    tokens: ["a", "b", "z"],
    token_logprobs: [null, -1, -9],
    top_logprobs: [null, { b: -1, c: -2 }, { c: -1, d: -2, z: -9 }],
    text_offset: [0, 1, 2],
  });
  assertEquals(choice.refrain, { depth: [null, 2, 1], score: [null, null, null] });
  assertEquals(usage, { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 });
});

Deno.test("scoring without new tokens needs no slots: a request has more prompts than may run or wait", async () => {
  const prompt = Array.from({ length: 300 }, () => "ab");
  const { choices } = await complete({ prompt, echo: true, max_tokens: 0, logprobs: 1 });
  assertEquals([choices.length, choices[299].logprobs.token_logprobs], [300, [null, -1]]);
});

Deno.test("the prompt's tokens come before the new ones, for every prompt and choice", async () => {
  const { choices } = await complete({ prompt: [[97, 98], [99]], n: 2, echo: true, max_tokens: 1, logprobs: 0 });
  const got = choices.map(({ text, logprobs: { tokens, token_logprobs, top_logprobs, text_offset } }: {
    text: string;
    logprobs: Record<string, unknown>;
  }) => [text, tokens, token_logprobs, top_logprobs, text_offset]);
  const [ab, c] = [[null, -1, -9], [null, -9]]; // the fake model draws the id 0
  assertEquals(got, [
    ...[0, 1].map(() => ["abt0 ", ["a", "b", "t0 "], ab, null, [0, 1, 2]]),
    ...[0, 1].map(() => ["ct0 ", ["c", "t0 "], c, null, [0, 1]]),
  ]);
});

Deno.test("a prompt of one token, and a completion without tokens, have nothing to score", async () => {
  const echoed = await complete({ prompt: "a", echo: true, max_tokens: 0, logprobs: 1 });
  const { tokens, token_logprobs, top_logprobs } = echoed.choices[0].logprobs;
  assertEquals([tokens, token_logprobs, top_logprobs], [["a"], [null], [null]]);
  const empty = await complete({ prompt: "ab", max_tokens: 0, logprobs: 3 });
  assertEquals(empty.choices[0].logprobs, { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] });
});

Deno.test("an end token has a log-probability, a name and no text: lm-evaluation-harness drops one token at the end", async () => {
  for (const logprobs of [0, 1]) {
    for (const stream of [false, true]) {
      const { handler, words } = fakeServer({ endAfter: 0 });
      Object.assign(words, { tokenizer: { ...words.tokenizer, special: new Map([[99, "</s>"]]) } });
      const body = { model: "words", prompt: "ab", echo: logprobs > 0, max_tokens: 1, logprobs, stream };
      const response = await handler(post("/v1/completions", body));
      const parts = stream
        ? eventsOf(await response.text()).map(({ choices: [part] }) => part)
        : (await response.json()).choices;
      const all = (key: string) => parts.flatMap((part: { logprobs: Record<string, unknown[]> }) => part.logprobs[key]);
      assertEquals(all("tokens"), logprobs ? ["a", "b", "</s>"] : ["</s>"]);
      assertEquals(all("token_logprobs"), logprobs ? [null, -1, -1] : [-0.5]);
      assertEquals(all("text_offset"), logprobs ? [0, 1, 2] : [0]);
      assertEquals(parts.map(({ text }: { text: string }) => text).join(""), logprobs ? "ab" : "");
      assertEquals(parts.at(-1).finish_reason, "stop");
    }
  }
});

Deno.test("a stream has the scores of a whole answer, token by token", async () => {
  for (const [echo, max_tokens] of [[false, 3], [true, 3], [true, 0]] as const) {
    const body = { prompt: "abc", echo, max_tokens, logprobs: 1, seed: 1 };
    const { choices: [{ text, logprobs, finish_reason }] } = await complete(body);
    const events = await complete({ ...body, stream: true });
    const parts = events.map(({ choices: [part] }: { choices: (typeof logprobs)[] }) => part);
    assertEquals(parts.map((part: { text: string }) => part.text).join(""), text);
    assertEquals(parts.at(-1).finish_reason, finish_reason);
    for (const key of ["tokens", "token_logprobs", "top_logprobs", "text_offset"]) {
      assertEquals(parts.flatMap((part: { logprobs: typeof logprobs }) => part.logprobs[key]), logprobs[key], key);
    }
    assertEquals(parts.length, max_tokens + 1 + Number(echo));
  }
});

Deno.test("a scored stream sends events before it has ended, and scores the text a few times in all", async () => {
  const { handler, words, engine } = fakeServer({ tick: 2 });
  const scored: number[] = [], { tokenScores } = words;
  const counting: typeof tokenScores = (sequences, options) => {
    scored.push(sequences[0].ids.length);
    return tokenScores(sequences, options);
  };
  Object.assign(words, { tokenScores: counting });
  const body = { model: "words", prompt: "abcdef", max_tokens: 60, logprobs: 1, stream: true };
  const reader = (await handler(post("/v1/completions", body))).body!.getReader();
  await reader.read();
  assertEquals([engine.status().running, scored], [1, [8]]);
  while (!(await reader.read()).done);
  assertEquals(scored, [8, 11, 15, 20, 27, 36, 48, 64, 66]);
});

Deno.test("tokens of equal text share an entry with the greater log-probability; special tokens have their names", async () => {
  const { handler, words } = fakeServer();
  const decode = (ids: readonly number[]) => ids.map((id) => id === 100 ? "" : "x").join("");
  Object.assign(words, { tokenizer: { ...words.tokenizer, decode, special: new Map([[100, "</s>"]]) } });
  const body = { model: "words", prompt: [97, 98, 100], echo: true, max_tokens: 0, logprobs: 3 };
  const { choices: [{ logprobs }] } = await (await handler(post("/v1/completions", body))).json();
  assertEquals(logprobs.tokens, ["x", "x", "</s>"]);
  assertEquals(logprobs.top_logprobs, [null, { x: -1, "</s>": -3 }, { x: -1, "</s>": -2 }]);
  assertEquals(logprobs.text_offset, [0, 1, 2]);
});

Deno.test("chats list the likeliest tokens with their bytes, whole and as events", async () => {
  const body = { messages: [{ role: "user", content: "é" }], max_tokens: 2, logprobs: true, top_logprobs: 2 };
  const { choices: [{ logprobs: { content } }] } = await complete(body, "/v1/chat/completions");
  const [first] = content; // after "a:"
  assertEquals([first.token, first.logprob], ["t0 ", -9]);
  assertEquals(first.top_logprobs, [{ token: ";", logprob: -1, bytes: [59] }, {
    token: "<",
    logprob: -2,
    bytes: [60],
  }]);
  const events = await complete({ ...body, stream: true }, "/v1/chat/completions");
  assertEquals(events.flatMap(({ choices: [{ logprobs }] }: typeof events) => logprobs?.content ?? []), content);
  assertEquals(events.at(-1).choices[0], { index: 0, delta: {}, logprobs: null, finish_reason: "length" });
});
