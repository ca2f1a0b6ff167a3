/**
 * `deno task throughput`: tokens per second of vanilla, recursive and MoR decoders, in turns on the same adapter, with
 * everything counted: prompts, keys and values, embedding, head, sampling, the host.
 *
 *     --shape small|135m   widths and numbers of layers
 *     --batch B            sequences of the vanilla model; the caches of the variants named -max hold as many bytes
 *     --scale S            output lengths are Normal(256, 64) / S
 *     --prompt P           tokens of a prompt
 *     --tokens N           tokens of a window
 *     --rounds N           windows of each variant
 *     --only a,b           variants
 *     --json FILE          writes all numbers
 */
import { parseArgs } from "@std/cli/parse-args";
import { openWebGpu } from "../kernels/mod.ts";
import { peaks } from "./support/peak.ts";
import { barsOf, lineOf, reached } from "./throughput/bars.ts";
import { compete, enter } from "./throughput/contest.ts";
import { Meter } from "./throughput/meter.ts";
import { report, tableOf } from "./throughput/report.ts";
import { lengthsAt, SHAPES, variantsOf } from "./throughput/shapes.ts";
import { stories } from "./throughput/stories.ts";

/** Shows what is going on, where somebody looks. */
function progress(line: string): void {
  if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${line}`));
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["shape", "only", "json", "batch", "scale", "prompt", "tokens", "rounds"],
    default: { shape: "small", batch: "32", scale: "8", prompt: "8", rounds: "3" },
  });
  const shape = SHAPES[flags.shape];
  if (!shape) throw new RangeError(`Cannot measure ${flags.shape}: expected ${Object.keys(SHAPES).join(" or ")}`);
  const { batch, scale, prompt: asked, rounds: windows, tokens: each = shape.tokens } = flags;
  const [B, rounds, tokens] = [batch, windows, each].map(Number);
  const lengths = lengthsAt(Number(scale), Number(asked));
  const all = variantsOf(shape, B, lengths), only = flags.only?.split(",");
  const unknown = only?.find((name) => name !== "stories260k" && !all.some((variant) => variant.name === name));
  if (unknown) throw new RangeError(`Cannot measure ${unknown}: expected ${all.map(({ name }) => name).join(", ")}`);
  const device = await openWebGpu();
  const measured = { ...await peaks(device), software: device.adapter.family === "cpu" };
  const { gflops, gbytes } = measured;
  const info = (await navigator.gpu.requestAdapter())?.info;
  console.log(
    `adapter: ${info?.description || info?.vendor}, ${gflops.toFixed(0)} GFLOP/s, ${gbytes.toFixed(0)} GB/s at best`,
  );
  console.log(`shape ${flags.shape}: ${JSON.stringify(shape.json)}, random weights, routers balanced by calibration`);
  const { prompt, output: [mean, deviation], most } = lengths;
  console.log(
    `outputs Normal(${mean}, ${deviation}) (scale 1:${scale}) after prompts of ${prompt} tokens, at most ${most} in all; ` +
      `${rounds} windows of ${tokens} tokens in turns, medians`,
  );
  const meter = new Meter(device.device);
  const variants = all.filter(({ name }) => !only || only.includes(name));
  const entrants = await enter(device, variants, progress);
  await compete(entrants, meter, { lengths, tokens, rounds }, progress);
  const small = !only || only.includes("stories260k") ? await stories(device, rounds, progress) : [];
  progress("");
  const lines = report(entrants, measured, lengths);
  const bars = [...barsOf(entrants, lines, device.adapter.family === "gpu"), ...small];
  if (lines.length > 0) console.log(tableOf(lines));
  console.log(bars.map(lineOf).join("\n"));
  if (flags.json) {
    const data = { adapter: info?.description, ...measured, shape: flags.shape, lengths, tokens, rounds, lines };
    await Deno.writeTextFile(
      flags.json,
      JSON.stringify({ ...data, bars: bars.map((bar) => ({ ...bar, reached: reached(bar) })) }),
    );
  }
  Deno.exit(0);
}
