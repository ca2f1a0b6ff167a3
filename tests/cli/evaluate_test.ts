/** `evaluate`: results and samples are those of the library's scores, under both selections. */
import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { Decoder } from "../../mod.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { assertRefused, decoderFolder, run, temporary } from "./support.ts";

const folder = temporary(), model = await decoderFolder();
const flags = ["--model", model, "--device", "reference"];
const file = (name: string, lines: readonly unknown[]) => {
  const path = `${folder}/${name}`, texts = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line));
  Deno.writeTextFileSync(path, texts.join("\n"));
  return path;
};

const TEXT = "a cat sat on a mat and a dog ran to the sea ".repeat(4);
const ASKED = [
  { arguments: [["a cat", " sat"], ["a cat", " ran far"], ["a cat", " on"]], target: 1 },
  { arguments: [["the dog", " ran"], ["the dog", " sat"]], target: 0 },
  {
    arguments: [["on a mat and a dog and a cat and a mat and a dog and a cat and a mat", " sat"], ["a", " dog"]],
    target: 0,
  },
];

Deno.test("evaluate: multiple choice, with the samples of every document", async () => {
  const out = `${folder}/results.json`, samples = `${folder}/samples`;
  const args = [file("choice.jsonl", ASKED), "--out", out, "--samples", samples, "--json"];
  const ended = await run("evaluate", [...flags, ...args]);
  assertEquals(ended.code, 0, ended.err);
  assertEquals(JSON.parse(Deno.readTextFileSync(out)), JSON.parse(ended.out));
  const { results: { choice }, "n-samples": n } = JSON.parse(ended.out);
  assertEquals(n, { choice: { original: 3, effective: 3 } });
  await using decoder = await Decoder.load(model, { device: new ReferenceDevice() });
  for (const selection of ["threshold", "topk"] as const) {
    const lines = Deno.readTextFileSync(`${samples}/samples_choice_${selection}.jsonl`).trim().split("\n");
    const hits = { acc: 0, acc_norm: 0 };
    let [depths, tokens] = [0, 0];
    for (const [i, sample] of lines.map((line) => JSON.parse(line)).entries()) {
      const { arguments: pairs, target } = ASKED[i];
      const scores = [];
      for (const [context, text] of pairs) {
        scores.push(...await decoder.score(context, [text], { selection, truncate: "start" }));
      }
      assertEquals(sample.filtered_resps.map(([, greedy]: string[]) => greedy === "True"), scores.map((s) => s.greedy));
      scores.forEach(({ logProb }, j) => assertAlmostEquals(Number(sample.resps[j][0][0]), logProb, 1e-5));
      const best = (of: number[]) => Number(of.indexOf(Math.max(...of)) === target);
      const logs = scores.map(({ logProb }) => logProb);
      assertEquals(sample.acc, best(logs));
      assertEquals(sample.acc_norm, best(logs.map((log, j) => log / (pairs[j][1].length - 1))));
      assertEquals([sample.doc_id, sample.doc, sample.target], [i, ASKED[i], target]);
      [hits.acc, hits.acc_norm] = [hits.acc + sample.acc, hits.acc_norm + sample.acc_norm];
      const all = scores.flatMap(({ tokens }) => tokens);
      [depths, tokens] = [depths + all.reduce((sum, { depth }) => sum + depth, 0), tokens + all.length];
    }
    assertAlmostEquals(choice[`acc,${selection}`], hits.acc / 3, 1e-12);
    assertAlmostEquals(choice[`acc_norm,${selection}`], hits.acc_norm / 3, 1e-12);
    const p = hits.acc / 3;
    assertAlmostEquals(choice[`acc_stderr,${selection}`], Math.sqrt(p * (1 - p) / 2), 1e-12);
    assertAlmostEquals(choice[`depth,${selection}`], depths / tokens, 1e-12);
    assertEquals(choice[`cut_tokens,${selection}`] > 0, true, "the third context is longer than the positions");
  }
});

Deno.test("evaluate: a text, LAMBADA and documents, as a table", async () => {
  const lines = [{ text: "a cat sat on a mat" }, { text: "a dog ran" }];
  const paths = [file("held.txt", [TEXT]), file("last.jsonl", lines)];
  const { code, out, err } = await run("evaluate", [...flags, ...paths, "--selection", "threshold", "--stride", "20"]);
  assertEquals(code, 0, err);
  await using decoder = await Decoder.load(model, { device: new ReferenceDevice() });
  const whole = await decoder.perplexity(TEXT, { stride: 20 });
  const rows = out.trim().split("\n").map((line) => line.split(/\s+/));
  const value = (task: string, metric: string) => Number(rows.find((row) => row[0] === task && row[2] === metric)![3]);
  assertAlmostEquals(value("held", "bits_per_byte"), whole.bitsPerByte!, 1e-3);
  assertAlmostEquals(value("held", "perplexity"), whole.perplexity, 1e-2);
  assertAlmostEquals(value("held", "depth"), whole.depth, 1e-4);
  const [[mat], [ran]] = [await decoder.score("a cat sat on a", [" mat"]), await decoder.score("a dog", [" ran"])];
  assertAlmostEquals(value("last", "perplexity"), Math.exp(-(mat.logProb + ran.logProb) / 2), 1e-2);
  assertAlmostEquals(value("last", "acc"), (Number(mat.greedy) + Number(ran.greedy)) / 2, 1e-4);
  const documents = await run("evaluate", [...flags, paths[1], "--shape", "documents", "--limit", "1", "--json"]);
  const { results: { last }, "n-samples": n } = JSON.parse(documents.out);
  const one = await decoder.perplexity(lines[0].text);
  assertEquals(n.last, { original: 2, effective: 1 });
  assertAlmostEquals(last["bits_per_byte,threshold"], one.bitsPerByte!, 1e-5);
  assertAlmostEquals(last["byte_perplexity,threshold"], 2 ** one.bitsPerByte!, 1e-4);
  assertAlmostEquals(last["word_perplexity,threshold"], Math.exp(-one.logProb / 6), 1e-2);
  assertEquals(last["bits_per_byte_stderr,threshold"], "N/A");
});

Deno.test("evaluate: what cannot be read or run is refused in one line with file and line", async () => {
  const refused = async (...args: string[]) => assertRefused(await run("evaluate", [...flags, ...args]));
  assertStringIncludes(await refused(), "FILE is missing");
  assertStringIncludes(await refused(`${folder}/none.txt`), "Cannot read");
  assertStringIncludes(await refused(file("empty.jsonl", [])), "it has no lines");
  assertStringIncludes(await refused(file("bad.jsonl", [ASKED[0], "{"])), "line 2 of");
  const mixed = file("mixed.jsonl", [ASKED[0], { arguments: [["a", " b"]] }]);
  assertStringIncludes(await refused(mixed), "line 2 of");
  assertStringIncludes(await refused(file("keys.jsonl", [{ a: 1 }])), 'keys are ["a"], expected those of');
  assertStringIncludes(await refused(file("x.jsonl", ASKED), "--shape", "ark"), "the nearest is arc");
  assertStringIncludes(await refused(file("y.txt", [TEXT]), "--stride", "900"), "stride is 900");
  const long = file("long.jsonl", [{ arguments: [["a", ` ${"cat ".repeat(40)}`]] }]);
  assertStringIncludes(await refused(long), "continuation 1 of document 1");
  assertStringIncludes(await refused(file("z.txt", [TEXT]), file("z.jsonl", ASKED)), "two files are called z");
});
