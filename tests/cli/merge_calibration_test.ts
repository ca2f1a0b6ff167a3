/** `merge --calibration`: weights by the EMA of routing, masked losses before and after, and refusals. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { maskedLoss, maskedText } from "../../cli/support/masked_loss.ts";
import { Encoder } from "../../mod.ts";
import { saveStoryEncoder, STORY } from "../support/stories.ts";
import { assertRefused, encoderFolder, run, temporary } from "./support.ts";

const reference = ["--device", "reference"];

Deno.test("an encoder, by the EMA of its routing over the lines of a file; its masked loss before and after", async () => {
  const out = temporary(), encoder = temporary(), lines = ["The otter liked the river.", "Once upon a time"];
  await saveStoryEncoder(encoder);
  const file = `${temporary()}/calibration.txt`;
  await Deno.writeTextFile(file, `${lines[0]}\n\n${lines[1]}\n`);
  const flags = ["--calibration", file, "--decay", "0.5", "--text", STORY, ...reference];
  const { code, out: printed, err } = await run("merge", ["--model", encoder, "--out", out, ...flags]);
  assertEquals(code, 0, err);
  assertStringIncludes(printed, "delta, EMA weights of 2 sequences");
  await using before = await Encoder.load(encoder, { device: "reference" });
  await using merged = await before.merge({ calibration: lines, decay: 0.5 });
  await using written = await Encoder.load(out, { device: "reference" });
  assertEquals(await written.model.weights(), await merged.model.weights());
  const batches = await maskedText(encoder, STORY, before.model);
  for (const [name, { model }] of Object.entries({ before, after: merged })) {
    assertMatch(printed, new RegExp(`loss ${name}.* ${(await maskedLoss(model, batches)).nats.toFixed(4)} nats`));
  }
});

Deno.test("a calibration is refused when it is empty, with weights, and with a decay out of range", async () => {
  const encoder = await encoderFolder();
  const empty = `${temporary()}/empty.txt`, out = `${temporary()}/merged`;
  await Deno.writeTextFile(empty, "\n \n");
  const refused = async (...flags: string[]) =>
    assertRefused(await run("merge", ["--model", encoder, "--out", out, ...flags, ...reference]));
  assertStringIncludes(await refused("--calibration", empty), "it has no text");
  assertStringIncludes(await refused("--calibration", empty, "--weights", "1,0,0"), "not both");
  assertStringIncludes(await refused("--calibration", empty, "--decay", "1"), "Cannot read --decay 1");
  assertStringIncludes(await refused("--decay", "0.5"), "--decay needs --calibration");
});
