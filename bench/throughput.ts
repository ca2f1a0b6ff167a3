/**
 * `deno task throughput`: tokens per second of vanilla, recursive and MoR decoders, in turns on the same adapter, with
 * everything counted: prompts, keys and values, embedding, head, sampling, the host.
 *
 *     --shape small|135m   widths and numbers of layers
 *     --checkpoint DIR     a trained model instead, with the depths that it chooses
 *     --batch B            sequences of the vanilla model; the caches of the variants named -max hold as many bytes
 *     --scale S            output lengths are Normal(256, 64) / S
 *     --prompt P           tokens of a prompt; 1 unless given
 *     --tokens N           tokens of a window
 *     --rounds N           windows of each variant
 *     --only a,b           variants, and stories260k
 *     --json FILE          writes all numbers
 */
import { parseArgs } from "@std/cli/parse-args";
import { openWebGpu } from "../kernels/mod.ts";
import { peaks } from "./support/peak.ts";
import { barsOf, lineOf, reached } from "./throughput/bars.ts";
import { compete, enter } from "./throughput/contest.ts";
import { Meter } from "./throughput/meter.ts";
import { report, tableOf } from "./throughput/report.ts";
import { lengthsAt, SHAPES, variantsOf, variantsOfCheckpoint } from "./throughput/shapes.ts";
import { SMALL_MODEL, stories } from "./throughput/stories.ts";

/** Shows progress on a terminal. */
function progress(line: string): void {
  if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${line}`));
}

/** A number of a flag. */
function count(flags: Readonly<Record<string, unknown>>, name: string): number {
  const value = Number(flags[name]);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new RangeError(`Cannot measure: --${name} is ${flags[name]}, expected a whole number from 1`);
}

/** What the flags ask for. */
async function settings() {
  const flags = parseArgs(Deno.args, {
    string: ["shape", "checkpoint", "only", "json", "batch", "scale", "prompt", "tokens", "rounds"],
    default: { shape: "small", batch: "32", scale: "8", rounds: "3" },
  });
  const { checkpoint, json, only } = flags, shape = SHAPES[flags.shape];
  if (!shape) throw new RangeError(`Cannot measure ${flags.shape}: expected ${Object.keys(SHAPES).join(" or ")}`);
  const numbers = Object.assign({ prompt: 1, tokens: shape.tokens }, flags);
  const [B, scale, prompt, tokens, rounds] = ["batch", "scale", "prompt", "tokens", "rounds"]
    .map((name) => count(numbers, name));
  const lengths = lengthsAt(scale, prompt);
  const all = checkpoint ? await variantsOfCheckpoint(checkpoint, B, lengths) : variantsOf(shape, B, lengths);
  const names = [...all.map(({ name }) => name), SMALL_MODEL], wanted = only?.split(",") ?? names;
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new RangeError(`Cannot measure ${unknown}: expected ${names.join(", ")}`);
  const model = checkpoint
    ? `${checkpoint}, experts not among the FLOPs, beside random weights`
    : `shape ${flags.shape}: ${JSON.stringify(shape.json)}, random weights, routers balanced by calibration`;
  return {
    variants: all.filter(({ name }) => wanted.includes(name)),
    small: wanted.includes(SMALL_MODEL),
    model,
    lengths,
    scale,
    tokens,
    rounds,
    json,
  };
}

async function main(): Promise<void> {
  const { variants, small, model, lengths, scale, tokens, rounds, json } = await settings();
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
  const entrants = await enter(device, variants, lengths, progress);
  await compete(entrants, new Meter(device.device), { lengths, tokens, rounds }, progress);
  const ofSmall = small ? await stories(device, rounds, progress) : [];
  progress("");
  const lines = report(entrants, rates, lengths);
  const bars = [...barsOf(entrants, lines, !rates.software), ...ofSmall];
  if (lines.length > 0) console.log(tableOf(lines));
  console.log(bars.map(lineOf).join("\n"));
  if (json === undefined) return;
  const judged = bars.map((bar) => ({ ...bar, reached: reached(bar) }));
  await Deno.writeTextFile(
    json,
    JSON.stringify({ adapter, ...rates, model, lengths, tokens, rounds, lines, bars: judged }),
  );
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
  Deno.exit(0); // devices stay behind
}
