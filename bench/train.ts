/** `deno task bench:train`: tokens per second of a training step, Refrain beside jax-js, in turns on the same adapter. */
import { note, runCommand } from "../cli/support/command.ts";
import { helpFlag, type Values, wholeOf } from "../cli/support/flags.ts";
import { decoderSchema } from "../src/model/decoder_schema.ts";
import { countParameters } from "../src/model/parameters.ts";
import { printMemory } from "./train/memory.ts";
import { type Learner, type TrainTask, trainTask } from "./train/task.ts";
import { median } from "./support/median.ts";

const command = {
  name: "bench:train",
  action: "compare",
  usage: "[--strict] [--samples N]",
  about: `Measures forward, backward and AdamW of a Llama of 1.5 million parameters on Refrain and jax-js, from the same
weights, in turns on the same adapter; then the memory of a step with recursions kept and recomputed. Both must find the
same losses, step by step, or nothing is compared.`,
  flags: {
    strict: { help: "end with 1 where Refrain is not as much faster as its bar says" },
    samples: { value: "N", help: "samples of each library, 3 unless given" },
    ...helpFlag,
  },
  examples: ["deno task bench:train", "deno task bench:train --strict --samples 9"],
} as const;

/** How many times faster than jax-js Refrain has to be. */
const BAR = 2;

/** Largest relative difference of both losses: rounding at the first step, amplified by AdamW afterwards. */
const OFF = [1e-4, 1e-3, 1e-3];

/** Steps of a sample. */
const STEPS = { refrain: 4, jax: 1 };

const reason = (error: unknown) => String((error as Error)?.message ?? error).split("\n")[0].slice(0, 200);

async function load(file: "refrain" | "jax", task: TrainTask): Promise<Learner | undefined> {
  try {
    const { start } = await import(`./train/${file}.ts`);
    return await start(task);
  } catch (error) {
    console.log(`${file} cannot be started: ${reason(error)}`);
  }
}

/** Makes the first steps with both; whether they learn the same. */
async function agree(own: Learner, other: Learner): Promise<boolean> {
  const losses: number[] = [];
  for (const [step, most] of OFF.entries()) {
    const [mine, theirs] = [await own.learn(1), await other.learn(1)];
    const off = Math.abs(mine - theirs) / theirs;
    console.log(`step ${step}: loss ${mine.toFixed(6)} and ${theirs.toFixed(6)}, ${off.toExponential(1)} apart`);
    if (!(off <= most)) return false;
    losses.push(mine);
  }
  return losses.every((loss, step) => step === 0 || loss < losses[step - 1]);
}

/** Seconds of a step, once. */
async function seconds(learner: Learner, steps: number): Promise<number> {
  const start = performance.now();
  await learner.learn(steps);
  return (performance.now() - start) / 1000 / steps;
}

/** Measures both in turns and prints a line each; whether the bar was reached. */
async function compare(task: TrainTask, own: Learner, other: Learner, samples: number): Promise<boolean> {
  const times: [number[], number[]] = [[], []];
  for (let sample = 0; sample < samples; sample++) {
    times[0].push(await seconds(own, STEPS.refrain));
    times[1].push(await seconds(other, STEPS.jax));
  }
  const tokens = task.B * task.T;
  for (const [at, { name }] of [own, other].entries()) {
    const [middle, least] = [median(times[at]), Math.min(...times[at])];
    const rates = `${(tokens / middle).toFixed(0).padStart(7)} tokens/s (at best ${(tokens / least).toFixed(0)})`;
    console.log(`  ${name.padEnd(22)} ${(1000 * middle).toFixed(0).padStart(7)} ms a step, ${rates}`);
  }
  const factor = median(times[1].map((time, sample) => time / times[0][sample]));
  const reached = factor >= BAR;
  console.log(`  ${factor.toFixed(2)} times jax-js, bar ${BAR}: ${reached ? "reached" : "MISSED"}`);
  return reached;
}

async function main(flags: Values<typeof command.flags>): Promise<number> {
  const samples = wholeOf("samples", flags.samples ?? "3", 1);
  const task = trainTask();
  const info = (await globalThis.navigator?.gpu?.requestAdapter())?.info;
  console.log(`adapter: ${info ? info.description || info.vendor : "none"}, ${samples} samples in turns, medians`);
  const { D, F, V, H, L } = task.config;
  const parameters = countParameters(decoderSchema(task.config));
  console.log(`${parameters} parameters (D ${D}, L ${L}, H ${H}, F ${F}, V ${V}), batch ${task.B} × ${task.T}, AdamW`);
  console.log("for scale: PyTorch 1.13 on two cores of this kind of machine makes 8400 tokens/s");
  const [own, other] = [await load("refrain", task), await load("jax", task)];
  const same = own && other && await agree(own, other);
  if (!same) note("Cannot compare: both libraries must start, and find the same losses");
  const reached = same ? await compare(task, own, other, samples) : false;
  await printMemory();
  return !same || flags.strict && !reached ? 1 : 0;
}

if (import.meta.main) await runCommand(command, main);
