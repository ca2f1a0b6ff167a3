/** `deno task conformance`: compares recorded quantities of golden folders with what the devices compute. */
import { parseArgs } from "@std/cli/parse-args";
import { type DeviceName, openDevice } from "../mod.ts";
import type { Device } from "../src/op/device.ts";
import { checkGolden } from "./conformance/check.ts";
import { openGolden } from "./conformance/golden.ts";
import { countsOf, json, passes, type Report, summaryLine, table } from "./conformance/report.ts";

const help = `deno task conformance DIR… [--device both|webgpu|reference] [--json]

Runs golden folders (config.json, model.safetensors, expected.safetensors) and compares every recorded quantity:
selections and ids exactly, numbers within what float32 arithmetic may do to them, which is measured by running the
model in double precision with noise of the size of each operation's error bound. Gradients wait for training.

Prints a line a quantity and device: worst error / bound, and their ratio. Ends with 1 when a quantity misses its bound
or could not be checked.

  --device  both (default), webgpu or reference
  --json    print one JSON object
  --help    print this text`;

const DEVICES: Readonly<Record<string, readonly DeviceName[]>> = {
  both: ["webgpu", "reference"],
  webgpu: ["webgpu"],
  reference: ["reference"],
};

function fail(reason: string): never {
  throw new Error(`Cannot run conformance: ${reason}`);
}

/** Says on stderr what is being computed, once a folder takes long. */
function progress(folder: string): (stage: string) => void {
  const started = performance.now();
  return (stage) => {
    if (performance.now() - started > 2000) console.error(`${folder}: ${stage} …`);
  };
}

/** The folders among the arguments: files that a wildcard brought along are left out, loudly. */
async function foldersOf(paths: readonly string[]): Promise<string[]> {
  const folders: string[] = [];
  for (const path of paths) {
    const isFile = await Deno.stat(path).then(({ isFile }) => isFile, () => false);
    if (isFile) console.error(`${path} is left out: it is a file, not a golden folder`);
    else folders.push(path);
  }
  if (folders.length === 0) fail("no folder is given; see --help");
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

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, {
    boolean: ["json", "help"],
    string: ["device", "_"],
    default: { device: "both" },
    unknown: (arg) => !arg.startsWith("-") || fail(`${arg} is not an option; see --help`),
  });
  if (args.help) return console.log(help), 0;
  if (!Object.hasOwn(DEVICES, args.device)) {
    fail(`--device is ${JSON.stringify(args.device)}, expected both, webgpu or reference`);
  }
  const folders = await foldersOf(args._.map(String));
  const devices: Record<string, Device> = {};
  for (const name of DEVICES[args.device]) devices[name] = await openDevice(name);
  const reports: Report[] = [];
  for (const folder of folders) {
    const report = await reportOn(folder, devices);
    reports.push(report);
    if (!args.json) console.log(`${table(report)}\n`);
  }
  for (const device of Object.values(devices)) await device[Symbol.asyncDispose]();
  const counts = countsOf(reports);
  console.log(args.json ? json(reports) : summaryLine(counts));
  return passes(counts) ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
