/** `deno task conformance`: compares recorded quantities of golden folders with what the devices compute. */
import { stat } from "node:fs/promises";
import { type DeviceName, openDevice } from "../mod.ts";
import type { Device } from "../src/op/device.ts";
import { webGpu } from "./adapter.ts";
import { checkGolden } from "./conformance/check.ts";
import { openGolden } from "./conformance/golden.ts";
import { countsOf, jsonOf, passes, type Report, summaryLine, table } from "./conformance/report.ts";
import { runCommand } from "./support/command.ts";
import { choiceOf, helpFlag, type Operands, type Values } from "./support/flags.ts";

const command = {
  name: "conformance",
  action: "run conformance",
  usage: "DIR… [--device both|webgpu|reference] [--json]",
  operand: "DIR",
  several: true,
  about:
    `Runs the models of golden folders (config.json, model.safetensors, expected.safetensors) and compares every recorded quantity.
Selections and ids must be equal. Numbers must be within a bound of the rounding errors of float32, which is measured
by running the model in double precision with noise of the size of each operation's float32 error.

Prints a line a quantity and device: worst error / bound, and their ratio. Ends with 1 when a quantity misses its bound
or could not be checked.`,
  flags: {
    device: { value: "NAME", help: "both (unless given), webgpu or reference" },
    json: { help: "print one JSON object" },
    ...helpFlag,
  },
  examples: [
    "deno task conformance tests/golden/mor-expert tests/golden/modernalbert-top2",
    "deno task conformance tests/golden/* --device reference --json",
  ],
} as const;

const DEVICES: Readonly<Record<string, readonly DeviceName[]>> = {
  both: ["webgpu", "reference"],
  webgpu: ["webgpu"],
  reference: ["reference"],
};

/** Prints the current stage on stderr once a folder takes more than two seconds. */
function progress(folder: string): (stage: string) => void {
  const started = performance.now();
  return (stage) => {
    if (performance.now() - started > 2000) console.error(`${folder}: ${stage} …`);
  };
}

/** The folders among the arguments; files are skipped with a message. */
async function foldersOf(paths: readonly string[]): Promise<string[]> {
  const folders: string[] = [];
  for (const path of paths) {
    const isFile = await stat(path).then((info) => info.isFile(), () => false);
    if (isFile) console.error(`${path} is left out: it is a file, not a golden folder`);
    else folders.push(path);
  }
  if (folders.length === 0) throw new Error("Cannot run conformance: no folder is given");
  return folders;
}

async function reportOn(folder: string, devices: Readonly<Record<string, Device>>): Promise<Report> {
  try {
    const golden = await openGolden(folder);
    return { folder, findings: await checkGolden(golden, devices, progress(folder)) };
  } catch (error) {
    return { folder, findings: [], error: (error as Error).message };
  }
}

async function main({ device = "both", json, operands }: Values<typeof command.flags> & Operands): Promise<number> {
  const names = DEVICES[choiceOf("device", device, ["both", "webgpu", "reference"])];
  const folders = await foldersOf(operands);
  const devices: Record<string, Device> = {};
  for (const name of names) devices[name] = await openDevice(name, name === "webgpu" ? { gpu: webGpu() } : {});
  const reports: Report[] = [];
  for (const folder of folders) {
    const report = await reportOn(folder, devices);
    reports.push(report);
    if (!json) console.log(`${table(report)}\n`);
  }
  for (const device of Object.values(devices)) await device[Symbol.asyncDispose]();
  const counts = countsOf(reports);
  console.log(json ? jsonOf(reports) : summaryLine(counts));
  return passes(counts) ? 0 : 1;
}

/** Runs the command with the given arguments, or those of the process, and ends the process. */
export const run = (args?: readonly string[]): Promise<never> => runCommand(command, main, args);

if (import.meta.main) await run();
