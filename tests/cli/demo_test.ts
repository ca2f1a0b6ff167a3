/** The parts of `demo`: its tokenizer, its verdict, and that its models really route. */
import { assert, assertEquals } from "@std/assert";
import { agreement, agrees, type Result } from "../../cli/support/demo_compare.ts";
import { TEXT, wordTokenizer } from "../../cli/support/demo_models.ts";
import { decoderSubject, encoderSubject } from "../../cli/support/demo_subjects.ts";
import { depthShares, expertShares, tokenTexts } from "../../cli/support/trace.ts";
import { openReference } from "../../cli/support/device.ts";

const tokenizer = wordTokenizer(TEXT);

Deno.test("words and bytes give every text back", () => {
  for (const text of [TEXT, "Alice", "unknown wörds, 日本語\n\n\t!?", "  two  blanks "]) {
    assertEquals(tokenizer.decode(tokenizer.encode(text)), text);
  }
  assertEquals(tokenTexts(tokenizer, tokenizer.encode(TEXT)).join(""), TEXT);
  assert(tokenizer.encode(TEXT).every((id) => id < tokenizer.size));
});

Deno.test("characters of several tokens belong to the last of them", () => {
  const ids = tokenizer.encode("é日Alice");
  const texts = tokenTexts(tokenizer, ids);
  assertEquals(texts.filter((text) => !text.startsWith("#")), ["é", "日", ..."Alice"]);
});

Deno.test("the models of the demo route: every depth and every expert occurs", async () => {
  const { device } = await openReference();
  const ids = tokenizer.encode(TEXT).slice(0, 40);
  for (const subject of [decoderSubject(tokenizer, ids), encoderSubject(tokenizer, ids)]) {
    const trace = await subject.on(device).trace();
    assert(depthShares(trace).shares.every((share) => share > 0.05), subject.name);
    const shares = trace.tracks.map((track) => expertShares(track, trace.E).shares);
    for (let e = 0; e < trace.E; e++) assert(shares.some((track) => track[e] > 0.1), `${subject.name}: expert ${e}`);
  }
});

Deno.test("the verdict notices other depths, other experts, other numbers and NaN", () => {
  const use = { layer: 1, application: 0, rows: new Int32Array([0]), weights: new Float32Array([1]), k: 1 };
  const result = (value: number, depth = 1, expert = 2): Result => ({
    values: [1, value],
    depth: [depth],
    experts: [{ ...use, experts: new Int32Array([expert]) }],
  });
  const verdict = (device: Result) => agrees(agreement(device, result(2 + 1e-7), result(2), 1e-4));
  assertEquals(verdict(result(2 + 2e-7)), true);
  assertEquals(verdict(result(2.001)), false);
  assertEquals(verdict(result(NaN)), false);
  assertEquals(verdict(result(2, 2)), false);
  assertEquals(verdict(result(2, 1, 3)), false);
});
