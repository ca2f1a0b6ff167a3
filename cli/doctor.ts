/** `deno task doctor`: the WebGPU adapter of this machine, its limits, and what to install. */
import { execFile } from "node:child_process";
import process from "node:process";
import type { Adapter } from "./adapter.ts";
import { gpuEnvironment, whyNoAdapter } from "./gpu_environment.ts";
import { canInstall } from "./lavapipe.ts";
import { note, runCommand } from "./support/command.ts";
import { helpFlag, type Values } from "./support/flags.ts";
import { fitLines, fits } from "./support/limits.ts";

const command = {
  name: "doctor",
  action: "run doctor",
  usage: "[--fix] [--json]",
  about:
    `Prints the WebGPU adapter that the other tasks use, its limits beside what Refrain's kernels need, its features,
and how models fit into what it binds at once. Ends with 1 when there is no adapter or a limit is too small.`,
  flags: {
    fix: { help: "install a software adapter when there is none (as root, with apt-get)" },
    json: { help: "print one JSON object" },
    ...helpFlag,
  },
  examples: ["deno task doctor", "deno task doctor --json"],
} as const;

/** Limits that all kernels keep to, by their WebGPU names. */
const budget: Record<string, number> = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxStorageBufferBindingSize: 134_217_728,
  maxComputeWorkgroupsPerDimension: 65_535,
};

/** Features with faster kernel variants, or for benches. */
const useful = ["shader-f16", "subgroups", "timestamp-query"];

/** Whether an adapter has a feature. Deno grants subgroups on Vulkan and Metal without listing them, so a device is requested. */
async function hasFeature(adapter: Adapter, feature: string, env: Record<string, string>): Promise<boolean> {
  if (adapter.features.includes(feature)) return true;
  if (!process.versions.deno) return false;
  const ask = `const a = await navigator.gpu.requestAdapter();
    await a.requestDevice({ requiredFeatures: [${JSON.stringify(feature)}] });`;
  return await new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    execFile(process.execPath, ["eval", ask], options, (error) => resolve(error === null));
  });
}

/** Collects the report. */
async function examine(fix: boolean) {
  const { env, adapter } = await gpuEnvironment({ install: fix });
  const { versions: { deno }, version, platform: os, arch } = process;
  const platform = { runtime: deno ? `Deno ${deno}` : `Node ${version}`, system: `${os} ${arch}` };
  if (!adapter) return { ...platform, adapter: null, advice: whyNoAdapter() };
  const limits = Object.entries(budget).map(([name, needed]) => {
    const available = adapter.limits[name] ?? 0;
    return { name, needed, available, ok: available >= needed };
  });
  const features = await Promise.all(useful.map(async (name) => [name, await hasFeature(adapter, name, env)] as const));
  const models = fits(adapter.limits.maxStorageBufferBindingSize);
  return { ...platform, adapter, env, limits, features: Object.fromEntries(features), models };
}

type Report = Awaited<ReturnType<typeof examine>>;

function print(report: Report): void {
  console.log(`${report.runtime} on ${report.system}`);
  if (!report.adapter) return console.log(`Adapter       none: ${report.advice}`);
  const { vendor, architecture, description, software } = report.adapter;
  console.log(`Adapter       ${description || "unnamed"}${software ? " (software)" : ""}`);
  console.log(`Vendor        ${vendor || "unnamed"}   architecture ${architecture || "unnamed"}`);
  for (const { name, needed, available, ok } of report.limits) {
    console.log(`${ok ? "ok " : "LOW"} ${name.padEnd(36)}${available} (needed ${needed})`);
  }
  for (const [name, has] of Object.entries(report.features)) console.log(`${has ? "yes" : "no "} ${name}`);
  for (const line of fitLines(report.adapter.limits.maxStorageBufferBindingSize)) console.log(line);
  for (const [name, value] of Object.entries(report.env)) console.log(`set by the tasks: ${name}=${value}`);
  if (software) {
    console.log("A processor does the work here; with a GPU, install its Vulkan driver and run this again.");
  }
}

async function main({ fix, json }: Values<typeof command.flags>): Promise<number> {
  if (fix && !canInstall()) note("Cannot install here: --fix needs Linux, root and apt-get.");
  const report = await examine(fix);
  if (json) console.log(JSON.stringify(report, null, 2));
  else print(report);
  return report.adapter && report.limits.every(({ ok }) => ok) ? 0 : 1;
}

/** Runs the command with the given arguments, or those of the process, and ends the process. */
export const run = (args?: readonly string[]): Promise<never> => runCommand(command, main, args);

if (import.meta.main) await run();
