/** `deno task compare`: draws training runs side by side. */
import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "../src/checkpoint/files.ts";
import { reasonOf } from "../src/checkpoint/messages.ts";
import { note, print, runCommand } from "./support/command.ts";
import { helpFlag, type Operands, type Values } from "./support/flags.ts";
import { counted, table } from "./support/table.ts";
import { readableLines } from "./support/training_log.ts";
import type { DrawnRun } from "./support/training_panels.ts";
import { drawTrainingPicture } from "./support/training_picture.ts";
import { averaged, curves, stepsOf } from "./support/training_series.ts";

const command = {
  name: "compare",
  usage: "RUN… [options]",
  operand: "RUN",
  several: true,
  about:
    `Draws training runs in the same panels, and prints a line of numbers for each: losses averaged over neighbouring
steps, held-out losses (of expert routing under the threshold of generation), depths. A run is its folder, or its log.jsonl.`,
  flags: {
    out: { value: "FILE", help: "picture, compare.svg unless given" },
    ...helpFlag,
  },
  examples: ["deno task compare models/stories-mor other/run --out compare.svg"],
} as const;

/** Reads the log of a run. Throws one line that names the file. */
async function logOf(path: string): Promise<DrawnRun["lines"]> {
  const file = path.endsWith(".jsonl") ? path : `${path.replace(/[\\/]+$/, "")}/log.jsonl`;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new Error(`Cannot read ${file}: ${reasonOf(error)}`, { cause: error });
  }
  const lines = readableLines(text, file);
  if (stepsOf(lines).length === 0) throw new Error(`Cannot compare ${path}: its log has no steps`);
  return lines;
}

/** The ends of paths that tell them apart: the last names in which they differ. */
export function shortNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.replace(/[\\/]log\.jsonl$|[\\/]+$/, "").split(/[\\/]/));
  for (let count = 1;; count++) {
    const names = parts.map((part) => part.slice(-count).join("/"));
    if (new Set(names).size === paths.length || parts.every(({ length }) => length <= count)) return names;
  }
}

/** The row of a run: steps, training loss at its end, held-out loss, mean depth. */
function rowOf({ name, lines }: DrawnRun): string[] {
  const last = (of: Parameters<typeof curves>[1]) => averaged(curves(lines, of)[0] ?? []).at(-1)?.value;
  const loss = last(({ losses }) => [["", losses.lm]]);
  const evaluation = lines.findLast((line) => line.kind === "evaluation")?.heldOut ?? {};
  const heldOut = evaluation.threshold ?? evaluation.plain;
  const depth = heldOut?.routing?.depth?.mean ?? last(({ routing }) => [["", routing?.depth?.mean]]);
  const text = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? "";
  const numbers = [text(loss, 3), text(heldOut?.nats, 3), text(heldOut?.bitsPerByte, 3), text(depth, 2)];
  return [name, String(stepsOf(lines).length), ...numbers];
}

async function main({ operands, out = "compare.svg" }: Values<typeof command.flags> & Operands): Promise<void> {
  const names = shortNames(operands), twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new Error(`Cannot compare ${twice} with itself: it is given twice`);
  const logs = await Promise.all(operands.map(logOf));
  const runs = logs.map((lines, i) => ({ name: names[i], lines }));
  print(`${table([["run", "steps", "loss", "held out", "bits/byte", "depth"], ...runs.map(rowOf)]).join("\n")}\n`);
  await writeFileAtomically(out, [new TextEncoder().encode(await drawTrainingPicture(runs))]);
  note(`${counted(runs.length, "run")} in ${out}`);
}

/** Runs the command. */
export function run(args?: readonly string[]): Promise<never> {
  return runCommand(command, main, args);
}

if (import.meta.main) await run();
