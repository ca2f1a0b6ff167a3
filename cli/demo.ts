/** `deno task demo`: runs the two trained models of the project on this machine's adapter. */
import { Decoder, Encoder } from "../mod.ts";
import type { Device } from "../src/op/device.ts";
import { isMissing } from "../src/checkpoint/host.ts";
import { describeSharing } from "../src/model/config/decoder_json.ts";
import { decoderSchema } from "../src/model/decoder_schema.ts";
import { encoderSchema } from "../src/model/encoder_schema.ts";
import { countParameters } from "../src/model/parameters.ts";
import { agreementOf, agreementSentence, agrees } from "./demo/agreement.ts";
import { fillLines } from "./demo/masks.ts";
import { depthLegend, depthRows, savedWork, storySummary, tellStory } from "./demo/story.ts";
import { hasColour, painter } from "./support/colour.ts";
import { print, runCommand } from "./support/command.ts";
import { deviceFlag, openChosenDevice } from "./support/device.ts";
import { helpFlag, type Values, wholeOf } from "./support/flags.ts";
import { maskedLoss, maskedText } from "./support/masked_loss.ts";
import { columns } from "./support/table.ts";
import { readText } from "./support/text.ts";

const command = {
  name: "demo",
  usage: "[options]",
  about: `Writes a story with a Mixture-of-Recursions decoder and colours every token by the number of recursions that
chose it, fills masks with a ModernALBERT, merges its experts, and measures on held-out text what that costs. Both
models were trained by this project. Ends with 1 when WebGPU and the reference do not agree.`,
  flags: {
    prompt: { value: "TEXT", help: "how the story begins" },
    tokens: { value: "N", help: "length of the story at most, 250 unless given (40 on the reference)" },
    models: { value: "DIR", help: "folder of stories-mor and stories-modernalbert, models unless given" },
    ...deviceFlag,
    ...helpFlag,
  },
  examples: [
    "deno task demo",
    'deno task demo --prompt "One day, a big dog" --tokens 200',
  ],
} as const;

const PROMPT = "Once upon a time, there was a little";

/** Tokens of the story and batches of held-out text, by device. */
const AMOUNTS = { webgpu: { tokens: 250, batches: Infinity }, reference: { tokens: 40, batches: 1 } };

/** Number of tokens of the comparison of devices. */
const COMPARED = 32;

const say = (...lines: string[]) => print(`${lines.join("\n")}\n`);
const heading = (text: string) => say("", text, "─".repeat(text.length), "");
const parameters = (schema: unknown) => `${countParameters(schema).toLocaleString("en")} parameters`;

/** Throws unless a folder has both models and the held-out text. */
async function demandModels(folder: string): Promise<void> {
  const [decoder, encoder] = ["stories-mor", "stories-modernalbert"];
  const files = [`${decoder}/config.json`, `${encoder}/config.json`, `${encoder}/held_out.txt`];
  for (const file of files) {
    try {
      await Deno.stat(`${folder}/${file}`);
    } catch (error) {
      if (!isMissing(error)) throw error;
      const hint = "the models come with the repository; --models DIR names another folder";
      throw new Error(`Cannot demo: there is no ${folder}/${file}; ${hint}`);
    }
  }
}

/** The decoder's part; true if the devices agree. */
async function story(folder: string, device: Device, prompt: string, most: number): Promise<boolean> {
  await using decoder = await Decoder.load(folder, { device });
  const { model, model: { config } } = decoder, { recursion: { N } } = config;
  const coloured = hasColour();
  const layers = `${describeSharing(config)}, ${parameters(decoderSchema(config))}`;
  heading(`A story, by a Mixture-of-Recursions decoder (${layers})`);
  say(depthLegend(N, coloured), "");
  const page = { columns: columns(), N, paint: coloured ? painter(true) : undefined, write: print };
  const told = await tellStory(decoder, prompt, most, page);
  say("", ...depthRows(told.depths, N), "");
  say(...storySummary(told, savedWork(config, await model.forward([told.ids]))));
  if (device.kind === "reference") return true;
  const agreement = await agreementOf(model, told.ids.slice(0, COMPARED));
  say(agreementSentence(agreement));
  return agrees(agreement);
}

/** The encoder's part. */
async function masks(folder: string, device: Device): Promise<void> {
  await using encoder = await Encoder.load(folder, { device });
  const { L, groupDepth, mol } = encoder.model.config;
  const experts = mol ? `, ${mol.k} of ${mol.E} experts` : "";
  heading(`Masks, filled by a ModernALBERT (${L} layers in groups of ${groupDepth}${experts})`);
  say(...await fillLines(encoder.model));
  heading("The same with its experts merged into one: no routing of experts is left");
  await using merged = await encoder.merge();
  const batches = await maskedText(folder, await readText(`${folder}/held_out.txt`), encoder.model);
  const most = AMOUNTS[device.kind].batches;
  const [before, after] = [
    await maskedLoss(encoder.model, batches, most),
    await maskedLoss(merged.model, batches, most),
  ];
  const sizes = [encoder, merged].map(({ model: { config } }) => parameters(encoderSchema(config)));
  const loss = ({ nats }: { nats: number }) => `loss ${nats.toFixed(3)} nats a masked token`;
  say(
    `before  ${loss(before)}, ${sizes[0]}`,
    `after   ${loss(after)}, ${sizes[1]}`,
    `(${before.tokens} masked tokens of ${folder}/held_out.txt)`,
    "",
    ...await fillLines(merged.model),
  );
}

async function main({ models: folder = "models", prompt = PROMPT, ...flags }: Values<typeof command.flags>) {
  const tokens = flags.tokens === undefined ? undefined : wholeOf("tokens", flags.tokens, 1);
  const [mor, albert] = [`${folder}/stories-mor`, `${folder}/stories-modernalbert`];
  await demandModels(folder);
  const opened = await openChosenDevice(flags.device);
  await using device = opened.device;
  say(`Refrain on ${opened.label}`);
  const agreed = await story(mor, device, prompt, tokens ?? AMOUNTS[device.kind].tokens);
  await masks(albert, device);
  heading("What next");
  say(
    "Every router score and expert of a text, as a picture:",
    `  deno task trace --model ${mor} --text "One day, Tom saw a big dog." --html depth.html`,
    "How the models were trained, and how good they are:",
    `  ${mor}/README.md`,
    `  ${albert}/README.md`,
    "Train one yourself:",
    `  deno task train ${mor}/train.json`,
  );
  return agreed ? 0 : 1;
}

if (import.meta.main) await runCommand(command, main);
