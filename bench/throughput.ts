/** `deno task throughput`: tokens per second of vanilla, recursive and MoR decoders, in turns on the same adapter. */
import { runCommand } from "../cli/support/command.ts";
import { choiceOf, helpFlag, type Values, wholeOf } from "../cli/support/flags.ts";
import { clearProgress, showMoving } from "../cli/support/progress.ts";
import { openWebGpu } from "../kernels/mod.ts";
import { peaks } from "./support/peak.ts";
import { barsOf, lineOf, reached } from "./throughput/bars.ts";
import { compete, enter } from "./throughput/contest.ts";
import { Meter } from "./throughput/meter.ts";
import { report, tableOf } from "./throughput/report.ts";
import { lengthsAt, SHAPES, variantsOf, variantsOfCheckpoint } from "./throughput/shapes.ts";
import { SMALL_MODEL, stories } from "./throughput/stories.ts";

const shapes = Object.keys(SHAPES);

const command = {
  name: "throughput",
  action: "measure",
  usage: "[options]",
  about:
    `Measures tokens per second of vanilla, recursive and MoR decoders, in turns on the same adapter. Prompts, keys and
values, embedding, head, sampling and the host all count.`,
  flags: {
    shape: { value: "NAME", help: `widths and numbers of layers: ${shapes.join(" or ")}; ${shapes[0]} unless given` },
    checkpoint: { value: "DIR", help: "a trained model instead, with the depths that it chooses" },
    batch: {
      value: "B",
      help:
        "sequences of the vanilla model, 32 unless given; the caches of the variants named -max\nhold as many bytes",
    },
    scale: { value: "S", help: "output lengths are Normal(256, 64) / S; 8 unless given" },
    prompt: { value: "P", help: "tokens of a prompt, 1 unless given" },
    tokens: { value: "N", help: "tokens of a window, by the shape unless given" },
    rounds: { value: "N", help: "windows of each variant, 3 unless given" },
    only: { value: "A,B", help: `variants to measure beside their vanilla ones, and ${SMALL_MODEL}; all unless given` },
    json: { value: "FILE", help: "write all numbers to this file" },
    ...helpFlag,
  },
  examples: ["deno task throughput", "deno task throughput --shape 135m --only mor-4 --rounds 5"],
} as const;

/** What the flags ask for. */
async function settings(flags: Values<typeof command.flags>) {
  const { checkpoint, json, only } = flags, named = choiceOf("shape", flags.shape ?? shapes[0], shapes);
  const shape = SHAPES[named];
  const count = (name: "batch" | "scale" | "prompt" | "tokens" | "rounds", fallback: number) =>
    wholeOf(name, flags[name] ?? String(fallback), 1);
  const B = count("batch", 32), scale = count("scale", 8), prompt = count("prompt", 1);
  const tokens = count("tokens", shape.tokens), rounds = count("rounds", 3);
  const lengths = lengthsAt(scale, prompt);
  const all = checkpoint ? await variantsOfCheckpoint(checkpoint, B, lengths) : variantsOf(shape, B, lengths);
  const names = [...all.map(({ name }) => name), SMALL_MODEL], wanted = only?.split(",") ?? names;
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`Cannot measure ${unknown}: expected ${names.join(", ")}`);
  const model = checkpoint
    ? `${checkpoint}, experts not among the FLOPs, beside random weights`
    : `shape ${named}: ${JSON.stringify(shape.json)}, random weights, routers balanced by calibration`;
  const chosen = all.filter(({ name }) => wanted.includes(name)), baselines = chosen.map(({ vanilla }) => vanilla);
  return {
    variants: all.filter((variant) => chosen.includes(variant) || baselines.includes(variant.name)),
    small: wanted.includes(SMALL_MODEL),
    model,
    lengths,
    scale,
    tokens,
    rounds,
    json,
  };
}

async function main(flags: Values<typeof command.flags>): Promise<void> {
  const { variants, small, model, lengths, scale, tokens, rounds, json } = await settings(flags);
  const device = await openWebGpu();
  const rates = { ...await peaks(device), software: device.adapter.family === "cpu" };
  const info = (await navigator.gpu.requestAdapter())?.info;
  const adapter = info?.description || info?.vendor;
  console.log(`adapter: ${adapter}, ${rates.gflops.toFixed(0)} GFLOP/s, ${rates.gbytes.toFixed(0)} GB/s at best`);
  console.log(model);
  const { prompt, output: [mean, deviation], most } = lengths;
  console.log(
    `outputs Normal(${mean}, ${deviation}) (scale 1:${scale}) after prompts of ${prompt} tokens, at most ${most} in all; ` +
      `${rounds} windows of ${tokens} tokens in turns, medians`,
  );
  const entrants = await enter(device, variants, lengths, showMoving);
  await compete(entrants, new Meter(device.device), { lengths, tokens, rounds }, showMoving);
  const ofSmall = small ? await stories(device, rounds, showMoving) : [];
  clearProgress();
  const lines = report(entrants, rates, lengths);
  const bars = [...barsOf(entrants, lines, !rates.software), ...ofSmall];
  if (lines.length > 0) console.log(tableOf(lines));
  console.log(bars.map(lineOf).join("\n"));
  if (json === undefined) return;
  const checked = bars.map((bar) => ({ ...bar, reached: reached(bar) }));
  await Deno.writeTextFile(
    json,
    JSON.stringify({ adapter, ...rates, model, lengths, tokens, rounds, lines, bars: checked }),
  );
}

if (import.meta.main) await runCommand(command, main);
