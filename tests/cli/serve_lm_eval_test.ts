/** Requests of lm-evaluation-harness (local-completions), replayed over HTTP: likelihoods are those of the library. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Decoder } from "../../mod.ts";
import { serveProcess } from "./serve_process.ts";

const folder = new URL("../../models/stories-mor", import.meta.url).pathname;
const model = "stories-mor";

interface LogProbs {
  readonly tokens: string[];
  readonly token_logprobs: (number | null)[];
  readonly top_logprobs: (Record<string, number> | null)[];
}

interface Answer {
  readonly choices: { readonly index: number; readonly text: string; readonly logprobs: LogProbs }[];
}

/** The sum and the greedy flag of each continuation, as LocalCompletionsAPI.parse_logprobs computes them. */
function parseLogProbs({ choices }: Answer, contexts: readonly number[], newTokens: number): [number, boolean][] {
  return choices.toSorted((a, b) => a.index - b.index).map(({ logprobs: { token_logprobs, top_logprobs } }, i) => {
    const end = newTokens > 0 ? -newTokens : undefined;
    const tokens = token_logprobs.slice(contexts[i], end) as number[], tops = top_logprobs.slice(contexts[i], end);
    const greedy = tokens.every((token, j) => token === Math.max(...Object.values(tops[j]!)));
    return [tokens.reduce((sum, logProb) => sum + logProb, 0), greedy];
  });
}

Deno.test("loglikelihood requests: sums and greedy flags are those of score, with 0 new tokens or 1", async () => {
  await using decoder = await Decoder.load(folder, { device: "reference" });
  const [tom, cat, story] = ["Once upon a time, there was a little boy named", "The cat", "One day,"];
  const pairs = [[tom, " Tim"], [tom, " Zebra"], [cat, " sat on the mat"], [story, " she went to the park"]];
  const wanted = await Promise.all(pairs.map(async ([prompt, rest]) => (await decoder.score(prompt, [rest]))[0]));
  const greedy = await Array.fromAsync(decoder.generate(tom, { maxNewTokens: 3 }), ({ id }) => id);
  const { url, interrupt, ended } = await serveProcess(folder, "--device", "reference", "--slots", "4");
  const post = async (path: string, body: unknown) => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, init);
    assertEquals(response.status, 200);
    return await response.json();
  };
  const encode = async (prompt: string): Promise<number[]> => (await post("/tokenize", { model, prompt })).tokens;
  const contexts: number[] = [], prompts: number[][] = [];
  for (const [prompt, rest] of pairs) {
    contexts.push((await encode(prompt)).length);
    prompts.push(await encode(prompt + rest));
  }
  const context = await encode(tom);
  contexts.push(context.length);
  prompts.push([...context, ...greedy]);
  for (const max_tokens of [0, 1]) {
    const body = { model, prompt: prompts, temperature: 0, max_tokens, logprobs: 1, seed: 1234, echo: true };
    const answer: Answer = await post("/v1/completions", body);
    const got = parseLogProbs(answer, contexts, max_tokens);
    wanted.forEach((score, i) => {
      assertAlmostEquals(got[i][0], score.logProb, 1e-4);
      assertEquals(got[i][1], score.greedy);
    });
    assertEquals(got[4][1], true);
    assert(got.some(([, greedy]) => !greedy));
    answer.choices.forEach(({ text, logprobs: { tokens } }) => assertEquals(tokens.slice(1).join(""), text));
  }
  const until = { model, prompt: [context], temperature: 0, max_tokens: 8, stop: ["."], seed: 1234 }; // generate_until
  const { choices: [{ text }] }: Answer = await post("/v1/completions", until);
  assert(text.length > 0 && !text.includes("."), text);
  interrupt();
  assertEquals((await ended()).code, 0);
});

Deno.test("20 alternatives of each token are the greatest log-probabilities of a forward pass", async () => {
  await using decoder = await Decoder.load(folder, { device: "reference" });
  const ids = [1, 403, 407, 261, 378];
  const { logits } = await decoder.forward([ids], { logits: true });
  const V = decoder.config.vocabSize;
  const { url, interrupt, ended } = await serveProcess(folder, "--device", "reference");
  const body = JSON.stringify({ model, prompt: ids, max_tokens: 0, logprobs: 20, echo: true });
  const init = { method: "POST", headers: { "content-type": "application/json" }, body };
  const { choices: [{ logprobs: { top_logprobs, token_logprobs } }] }: Answer =
    await (await fetch(`${url}/v1/completions`, init)).json();
  assertEquals(top_logprobs[0], null);
  for (let t = 1; t < ids.length; t++) {
    const row = Float64Array.from(logits!.data.subarray((t - 1) * V, t * V));
    const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
    const sorted = row.map((x) => x - total).toSorted((a, b) => b - a);
    const values = Object.values(top_logprobs[t]!).sort((a, b) => b - a), chosen = token_logprobs[t]!;
    assertAlmostEquals(chosen, row[ids[t]] - total, 1e-4);
    assertAlmostEquals(values[0], sorted[0], 1e-4);
    const near = (value: number) => (x: number) => Math.abs(x - value) < 1e-4;
    const listed = values.filter((value) => sorted.slice(0, 20).some(near(value)));
    assert(listed.length >= 18 && listed.length <= 20, `${listed}`); // tokens of equal text share an entry
    assert(values.every((value) => listed.includes(value) || value === chosen), `${values}`);
  }
  interrupt();
  assertEquals((await ended()).code, 0);
});
