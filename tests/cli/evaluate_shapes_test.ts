/** Documents become the requests that lm-evaluation-harness makes of them; metrics and errors are its own. */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { exponential, itemMetrics, mean, ratio, taskMetrics } from "../../cli/evaluate/metrics.ts";
import { requestsOf, type Shape, shapeOf } from "../../cli/evaluate/shapes.ts";

const requests = (doc: Record<string, unknown>, shape = shapeOf(doc)) => requestsOf(doc, shape);

Deno.test("shapes: ARC, HellaSwag and LAMBADA as arc_easy, hellaswag and lambada_openai make requests of them", () => {
  const [text, label] = [["dry palms", "wet palms"], ["A", "B"]];
  const arc = { question: "Which?", choices: { text, label }, answerKey: "B" };
  const pairs = text.map((choice) => ["Question: Which?\nAnswer:", ` ${choice}`]);
  assertEquals(requests(arc), { kind: "multiple_choice", pairs: pairs as [string, string][], gold: 1 });
  const stem = {
    question: { stem: "Which?", choices: text.map((text, i) => ({ text, label: `${i + 1}` })) },
    answerKey: 1,
  };
  assertEquals(requests(stem), { kind: "multiple_choice", pairs: pairs as [string, string][], gold: 0 });
  const swag = {
    activity_label: "Roof shingle removal",
    ctx_a: "A man is sitting on a roof. [header] How",
    ctx_b: "HE [title] Starts",
    endings: ["is  using wrap [step] to wrap.", "rips"],
    label: "1",
  };
  const context = "Roof shingle removal: A man is sitting on a roof. How He. starts";
  assertEquals(requests(swag), {
    kind: "multiple_choice",
    pairs: [[context, " is using wrap to wrap."], [context, " rips"]],
    gold: 1,
  });
  assertEquals(requests({ ctx: "a b", endings: ["c", "d"], label: 0 }).pairs[1], ["a b", " d"]);
  assertEquals(requests({ text: "in my palm is a stone." }), {
    kind: "loglikelihood",
    pairs: [["in my palm is a", " stone."]],
  });
  assertEquals(requests({ text: "a b" }, "documents"), { kind: "loglikelihood_rolling", pairs: [["", "a b"]] });
});

Deno.test("shapes: requests as lists and as logged samples", () => {
  const lists = { arguments: [["a", " b"], ["a", " c"]], target: "1" };
  const logged = {
    arguments: { gen_args_0: { arg_0: "a", arg_1: " b" }, gen_args_1: { arg_0: "a", arg_1: " c" } },
    target: 1,
  };
  for (const doc of [lists, logged]) {
    assertEquals(requests(doc), { kind: "multiple_choice", pairs: [["a", " b"], ["a", " c"]], gold: 1 });
  }
  assertEquals(requests({ request_type: "loglikelihood", arguments: ["a", " b"], idx: 0 }).pairs, [["a", " b"]]);
  assertEquals(requests({ arguments: ["all"] }).kind, "loglikelihood_rolling");
  assertEquals(requests({ arguments: [["a", " b"]] }), { kind: "loglikelihood", pairs: [["a", " b"]] });
  assertEquals(requests({ arguments: [["all"]] }), { kind: "loglikelihood_rolling", pairs: [["", "all"]] });
});

Deno.test("shapes: wrong documents are refused with key and value", () => {
  const choices = { text: ["a", "b"], label: ["A", "B"] };
  const wrong: [Record<string, unknown>, string, Shape?][] = [
    [{ question: "q", choices, answerKey: "C" }, 'answerKey is "C", expected one of A, B'],
    [{ question: "q", choices: { text: ["a"], label: ["A"] }, answerKey: "A" }, "expected a list of at least 2 texts"],
    [{ choices, answerKey: "A" }, "question is undefined, expected a text"],
    [{ ctx: "a", endings: ["b", "c"], label: 2 }, "label is 2, expected a whole number from 0 to 1"],
    [{ ctx: "a", endings: ["b", ""], label: 0 }, "none empty"],
    [{ text: "word" }, "expected at least two words"],
    [{ text: 5 }, "text is 5, expected a text"],
    [{ arguments: [["a", ""]] }, "arguments[0] has an empty continuation"],
    [{ arguments: [] }, "arguments is [], expected a list of requests"],
    [{ arguments: [["a", "b", "c"]] }, "expected a context and a continuation, or one text"],
    [{ arguments: [["a", "b"], ["a", "c"]] }, "target is undefined, expected a whole number from 0 to 1"],
    [{ word: 1 }, 'keys are ["word"], expected those of requests, arc, hellaswag, lambada, documents'],
  ];
  for (const [doc, message] of wrong) assertThrows(() => requests(doc), RangeError, message);
});

Deno.test("metrics: worked examples of acc, acc_norm and their standard errors", () => {
  const item = { id: 0, doc: {}, pairs: [["q", " aaaa"], ["q", " é"]] as const, gold: 0 };
  const answers = (...logs: number[]) => logs.map((logProb) => ({ logProb, greedy: false }));
  const of = (...logs: number[]) => itemMetrics(item, "multiple_choice", answers(...logs));
  assertEquals(of(-3, -2), { acc: 0, acc_norm: 1 }); // −3/4 bytes against −2/2: é has two
  assertEquals(of(-4, -2), { acc: 0, acc_norm: 1 }); // equal: the first
  assertEquals(of(-5, -2), { acc: 0, acc_norm: 0 });
  assertEquals(of(-2, -2), { acc: 1, acc_norm: 1 });
  const four = [1, 0, 0, 1].map((acc) => ({ acc, acc_norm: 1 }));
  const metrics = taskMetrics("multiple_choice", [], four);
  assertEquals(metrics.acc.value, 0.5);
  assertAlmostEquals(metrics.acc.stderr!, Math.sqrt(1 / 3) / 2, 1e-15); // s² = 4·0.25/3
  assertEquals(metrics.acc_norm, { value: 1, stderr: 0 });
  assertEquals(mean([1]), { value: 1 });
});

Deno.test("metrics: ratios and exponentials carry the error of their documents", () => {
  assertEquals(ratio([2, 4], [1, 2]), { value: 2, stderr: 0 });
  const { value, stderr } = ratio([1, 3], [2, 2]);
  assertEquals(value, 1);
  assertAlmostEquals(stderr!, Math.sqrt(2 * 2) / 4, 1e-15); // residuals ∓1
  assertAlmostEquals(ratio([1, 3, 5], [1, 1, 1]).stderr!, mean([1, 3, 5]).stderr!, 1e-15, "equal weights: of the mean");
  assertEquals(exponential({ value: 0, stderr: 0.5 }), { value: 1, stderr: 0.5 });
  const items = ["a b", "c"].map((text, id) => ({ id, doc: {}, pairs: [["", text]] as const }));
  const bits = [{ bits: 6, bytes: 3 }, { bits: 2, bytes: 1 }];
  const rolling = taskMetrics("loglikelihood_rolling", items, bits);
  assertEquals(rolling.bits_per_byte, { value: 2, stderr: 0 });
  assertAlmostEquals(rolling.byte_perplexity.value, 4, 1e-12);
  assertAlmostEquals(rolling.word_perplexity.value, 2 ** (8 / 3), 1e-12);
});
