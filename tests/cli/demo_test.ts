/** `demo`: the lines of a story, what depths save, the verdict on the devices, and all acts on small models. */
import { assert, assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Agreement, agreementOf, agreementSentence, agrees } from "../../cli/demo/agreement.ts";
import { depthRows, savedWork } from "../../cli/demo/story.ts";
import { StoryWriter } from "../../cli/demo/story_writer.ts";
import { maskedLoss, maskedText } from "../../cli/support/masked_loss.ts";
import { Decoder, Encoder } from "../../mod.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import { smallDecoder } from "../support/models.ts";
import { saveStoryDecoder, saveStoryEncoder } from "../support/stories.ts";
import { assertRefused, run, temporary } from "./support.ts";

const models = temporary();
await saveStoryDecoder(`${models}/stories-mor`);
await saveStoryEncoder(`${models}/stories-modernalbert`);

function written(columns: number, tokens: readonly (readonly [string, number?])[], coloured = false): string {
  let all = "";
  const paint = coloured ? (text: string, ground: string) => `<${ground}|${text}>` : undefined;
  const writer = new StoryWriter({ columns, N: 3, paint, write: (text) => all += text });
  for (const [text, depth] of tokens) writer.push(text, depth);
  writer.end();
  return all;
}

Deno.test("a story breaks between words, with every depth below the first letter of its token", () => {
  const tokens = [["Once upon"], [" a", 1], [" ti", 2], ["me", 3], [",", 1], ["\n\n", 3], [" The", 2], [
    "\u001b",
    1,
  ]] as const;
  assertEquals(written(80, tokens), "Once upon a time,\n          1 2 3 1\n\nThe·\n2  1\n");
  assertEquals(written(11, tokens), "Once upon a\n          1\ntime,\n2 3 1\n\nThe·\n2  1\n");
  assertEquals(written(80, []), "");
});

Deno.test("with colours every token has its own, and the prompt none", () => {
  const painted = written(6, [["One"], [" da", 1], ["y", 3], [" b", 1]], true);
  assertMatch(painted, /^One\n<(#\w+)\|da><(#\w+)\|y><\1\| b>\n$/);
});

Deno.test("shares of depths, and the FLOPs that early exits save", () => {
  const bars = depthRows([1, 1, 1, 2], 3);
  assertEquals(bars.map((row) => row.match(/\d+ %/)![0]), ["75 %", "25 %", "0 %"]);
  assertEquals(bars.map((row) => row.split("█").length - 1), [30, 10, 0]);
  const config = smallDecoder({ recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert" } });
  const saved = (...active: number[][]) =>
    savedWork(config, { recursions: active.map((a) => ({ active: Uint8Array.from(a) })) });
  assertEquals(saved([1, 1], [1, 1], [1, 1]), { block: 0, model: 0 });
  // At fraction f a layer costs f·Lin + f²·Att; here Lin = 2·(4·16² + 3·16·24) and Att = 2·T·16 with T = 2.
  const [linear, attention] = [2 * (4 * 256 + 3 * 16 * 24), 64];
  const [full, half] = [linear + attention, linear / 2 + attention / 4];
  const { block, model } = saved([1, 1], [1, 0], [0, 0]);
  assertAlmostEquals(block, (2 * full - half) / (3 * full), 1e-12);
  assertAlmostEquals(model, (2 * full - half) * 2 / (8 * full), 1e-12);
});

Deno.test("the verdict: a device agrees with itself; other logits, other depths, NaN and nothing to compare are noticed", async () => {
  await using owner = await Decoder.load(`${models}/stories-mor`, { device: "reference" });
  const decoder = owner.model;
  const ids = decoder.tokenizer!.encode("The otter liked the river.");
  const good = await agreementOf(decoder, ids);
  assert(agrees(good) && good.sameDepth && good.difference > 0 && good.tokens === ids.length);
  assertStringIncludes(agreementSentence(good), "WebGPU agrees with");
  const changed = (change: (logits: Float32Array, depth: Int32Array) => void): Promise<Agreement> => {
    const forward: DecoderModel["forward"] = async (...given) => {
      const result = await decoder.forward(...given);
      change(result.logits!.data as Float32Array, result.depth);
      return result;
    };
    return agreementOf(
      Object.create(decoder, { forward: { value: forward }, weights: { value: () => decoder.weights() } }),
      ids,
    );
  };
  assertEquals(good.undecided, []);
  const wrong = [
    await changed((logits) => logits[7] += 2 * good.bound + good.difference),
    await changed((logits) => logits[7] = NaN),
    await changed((_, depth) => depth[0]++),
  ];
  assertEquals(wrong.map(agrees), [false, false, false]);
  assertStringIncludes(agreementSentence(wrong[0]), "IS NOT");
  assertEquals(agrees({ ...good, undecided: ["a selection"] }), false);
});

Deno.test("held-out loss: the mean over masked tokens for any batches", async () => {
  const folder = `${models}/stories-modernalbert`;
  await using owner = await Encoder.load(folder, { device: new ReferenceDevice() });
  const encoder = owner.model;
  const batches = await maskedText(folder, await Deno.readTextFile(`${folder}/held_out.txt`), encoder);
  const { nats, tokens } = await maskedLoss(encoder, batches, Infinity);
  assert(tokens > 0);
  let [sum, count] = [0, 0];
  for (let step = 0; step < batches.batches; step++) {
    const { rows, labels } = await batches.batch(step);
    const ends = [...rows.offsets.data];
    for (const [b, end] of ends.slice(1).entries()) {
      if (ends[b] === end) continue;
      const of = (data: ArrayLike<number>) => Array.from(data).slice(ends[b], end);
      const { logits } = await encoder.forward([of(rows.ids.data)], { logits: true });
      const { V } = encoder.config;
      of(labels.data).forEach((label, m) => {
        if (label < 0) return;
        const row = Array.from(logits!.data.subarray(m * V, (m + 1) * V));
        sum += Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[label];
        count++;
      });
    }
  }
  assertEquals(tokens, count);
  assertAlmostEquals(nats, sum / count, 1e-5);
});

Deno.test("all parts on small models; one line for a missing model", async () => {
  const args = ["--models", models, "--device", "reference", "--prompt", "The otter", "--tokens", "5"];
  const { code, out, err } = await run("demo", args, { env: { NO_COLOR: "1" } });
  assertEquals([code, err], [0, ""]);
  assert(!out.includes("\x1b"));
  assertMatch(out, /The otter.*\n {9,}[1-3]/);
  assertMatch(out, /Once upon a \[MASK\], .*\n {2}\S.* %/);
  const losses = [...out.matchAll(/loss (\d+\.\d+) nats/g)].map(([, loss]) => Number(loss));
  assert(losses.length === 2 && losses.every((loss) => loss > 0 && loss < 20), out);
  for (const words of ["Refrain on reference", "depth 3", "% of the recursions' FLOPs", "stories-mor/train.json"]) {
    assertStringIncludes(out, words);
  }
  const coloured = await run("demo", args, { env: { NO_COLOR: "", FORCE_COLOR: "1" } });
  assertStringIncludes(coloured.out, "\x1b[48;5;");
  const missing = assertRefused(await run("demo", ["--models", "no-such-folder"]));
  assertStringIncludes(missing, "there is no no-such-folder/stories-mor/config.json");
  assertStringIncludes(assertRefused(await run("demo", ["--models", models, "--tokens", "0"])), "--tokens 0");
});
