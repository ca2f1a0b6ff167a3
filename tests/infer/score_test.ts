/** Scores of continuations: sums, removed tokens, and refusals. */
import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import { score } from "../../src/infer/score/score.ts";
import { decoderOn, someIds } from "../support/models.ts";

Deno.test("score: sums, greedy continuations and removed tokens of the prompt", async () => {
  const model = decoderOn(new ReferenceDevice("f64"), {}, 2), prompt = someIds(3, 10);
  const { logits } = await model.forward([prompt], { logits: true }), last = [...logits!.data.slice(-29)];
  const first = last.indexOf(Math.max(...last));
  const [one, two] = await score(model, prompt, [[first], [7, 8]], { topLogProbs: 2 });
  assertEquals([one.greedy, one.tokens.length, two.tokens.length, one.promptTokens, one.cutTokens], [
    true,
    1,
    2,
    10,
    0,
  ]);
  assertAlmostEquals(two.logProb, two.tokens[0].logProb + two.tokens[1].logProb, 1e-12);
  assertEquals(one.tokens[0].top!.map(({ id }) => id)[0], first);
  assertEquals(one.tokens[0].top![0].logProb, one.logProb);
  const long = someIds(4, 80), [cut] = await score(model, long, [[5]], { truncate: "start" });
  assertEquals([cut.promptTokens, cut.cutTokens], [64, 16]);
  const [same] = await score(model, long.slice(16), [[5]]);
  assertEquals(cut.logProb, same.logProb);
  assertEquals((await score(model, prompt, [])).length, 0);
});

Deno.test("score: hostile inputs are refused with the action, the reason and the numbers", async () => {
  const model = decoderOn(new ReferenceDevice(), {}, 2), long = someIds(1, 70);
  const refused = async (
    message: string,
    ...args: Parameters<typeof score> extends [unknown, ...infer R] ? R : never
  ) => await assertRejects(() => score(model, ...args), Error, message);
  await refused("Cannot score: the prompt is empty", [], [[1]]);
  await refused("Cannot score: continuation 1 is empty", [1], [[]]);
  await refused("Cannot score: continuation 2 is empty", [1], [[1], ""]);
  await refused("Cannot score: sequence 2 has id 29 at 1, outside the vocabulary of 29", [1], [[1], [29]]);
  await refused("Cannot score: sequence 1 has id 0.5 at 0, outside the vocabulary of 29", [0.5], [[1]]);
  await refused("prompt and continuation 1 have 71 tokens, 65 is the most; truncate", long, [[1]]);
  await refused("Cannot score: prompt and continuation 1 have 71 tokens, 65 is the most, and continuation 1 has 70", [
    1,
  ], [
    long,
  ], { truncate: "start" });
  await refused("Cannot score: topLogProbs is 30, expected a whole number from 0 to 29", [1], [[1]], {
    topLogProbs: 30,
  });
  await refused("Cannot score: maxLength is 1, expected a whole number from 2 to 65", [1], [[1]], { maxLength: 1 });
  await refused("Cannot encode text: the model was loaded without a tokenizer", "a", ["b"]);
  await refused("Cannot score: continuations are ", [1], "text" as never);
  await refused('there is no option "topk", the nearest one is', [1], [[1]], { topk: 1 } as never);
  const signal = AbortSignal.abort(new Error("no longer wanted"));
  await refused("no longer wanted", [1], [[1]], { signal });
  model.dispose();
  await refused("Cannot score: the model was disposed", [1], [[1]]);
});

Deno.test("score: logits that are not finite are an error with the token", async () => {
  const model = decoderOn(new ReferenceDevice(), {}, 2, (params) => {
    const data = Float32Array.from(params.norm.data, () => NaN);
    return { ...params, norm: { ...params.norm, data } };
  });
  const message = "Cannot score: the logits of token 2 of sequence 1 are not finite";
  await assertRejects(() => score(model, [1, 2], [[3]]), Error, message);
});
