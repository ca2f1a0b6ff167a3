/** `deno task train`: trains a model as a JSON file says. */
import process from "node:process";
import { FolderLock } from "../src/train/run/lock.ts";
import { describeTrainingKeys } from "../src/train/config/describe.ts";
import { interruptedCode, interruptible, note, runCommand } from "./support/command.ts";
import { helpFlag, type Values, wholeOf } from "./support/flags.ts";
import { definitions } from "./support/table.ts";
import { readConfigFile } from "./train/config_file.ts";
import { finish } from "./train/finish.ts";
import { openOut } from "./train/out.ts";
import { openRun } from "./train/open.ts";
import { TrainingProgress } from "./train/progress.ts";

const command = {
  name: "train",
  usage: "CONFIG.json [options]",
  operand: "CONFIG.json",
  about: `Trains the model that a JSON file describes, and writes it with tokenizer, checkpoints and log.jsonl into the
folder that the file names. Ctrl-C or TERM finishes the step and saves; --resume then goes on as if nothing had happened.

Keys of CONFIG.json with ranges and defaults (docs/training.md); paths are relative to the file:
${definitions(describeTrainingKeys())}

Flags`,
  flags: {
    resume: { help: "go on from the newest checkpoint of the run" },
    device: { value: "NAME", help: "webgpu or reference (slow, readable loops), instead of the file's" },
    steps: { value: "N", help: "steps, instead of the file's; warm-ups shrink with them" },
    ...helpFlag,
  },
  examples: [
    "deno task train models/stories-mor/train.json",
    "deno task train models/stories-mor/train.json --resume",
  ],
} as const;

async function main(
  flags: Values<typeof command.flags> & { readonly operand: string },
  args: readonly string[],
): Promise<number> {
  const steps = flags.steps === undefined ? undefined : wholeOf("steps", flags.steps, 1);
  const file = await readConfigFile(flags.operand, { device: flags.device, steps });
  const lock = await FolderLock.take(file.config.out, flags.resume ? "resume" : "train into");
  try {
    const run = await openRun(file, await openOut(file, flags.resume));
    try {
      return await train(file, run.training, args);
    } finally {
      run[Symbol.dispose]();
    }
  } finally {
    lock[Symbol.dispose]();
  }
}

/** Trains to the end or to a signal, and returns the exit code. */
async function train(
  file: Awaited<ReturnType<typeof readConfigFile>>,
  training: Awaited<ReturnType<typeof openRun>>["training"],
  args: readonly string[],
): Promise<number> {
  const progress = new TrainingProgress(file.config, training.first);
  const ended = await interruptible(async (signal) => {
    signal.addEventListener("abort", () => note("Finishing the step; a second signal ends at once, without saving"));
    const ended = await training.run(signal, progress);
    if (ended === "finished") await training.export();
    return ended;
  });
  if (ended === "interrupted") {
    const given = args.filter((arg) => arg !== "--resume").map((arg) => /[^\w./=-]/.test(arg) ? `'${arg}'` : arg);
    note(`Stopped. This goes on with it:\n  deno task train ${given.join(" ")} --resume`);
    return interruptedCode();
  }
  await finish(file, training.seconds);
  if (progress.warning) note(progress.warning);
  return 0;
}

/** Runs the command with the given arguments, or those of the process, and ends the process. */
export const run = (args: readonly string[] = process.argv.slice(2)): Promise<never> =>
  runCommand(command, (flags) => main(flags, args), args);

if (import.meta.main) await run();
