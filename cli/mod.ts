#!/usr/bin/env node
/**
 * The commands of the package: `npx refrain serve DIR` in Node, `deno run -A jsr:@refrain/transformers/cli serve DIR` in
 * Deno. Importing this module runs the command that the arguments of the process name.
 *
 * @module
 */
import process from "node:process";
import { nearest } from "../src/common/words.ts";
import { note, print } from "./support/command.ts";
import { setInvocation } from "./support/invocation.ts";

/** A command of the package. */
interface Entry {
  readonly about: string;
  load(): Promise<{ run(args: readonly string[]): Promise<never> }>;
}

const commands: Readonly<Record<string, Entry>> = {
  serve: { about: "completions and embeddings over HTTP, for OpenAI's clients", load: () => import("./serve.ts") },
  generate: { about: "text from a decoder", load: () => import("./generate.ts") },
  encode: { about: "embeddings from an encoder", load: () => import("./encode.ts") },
  trace: { about: "the recursion depth and the experts of every token", load: () => import("./trace.ts") },
  evaluate: { about: "bits per byte, perplexity, multiple choice", load: () => import("./evaluate.ts") },
  "sample-corpus": { about: "documents drawn from a decoder", load: () => import("./sample_corpus.ts") },
  merge: { about: "the experts of a model merged into one", load: () => import("./merge.ts") },
  train: { about: "a model trained as a JSON file says", load: () => import("./train.ts") },
  compare: { about: "training runs, drawn side by side", load: () => import("./compare.ts") },
  conformance: { about: "a model's recorded values on both devices", load: () => import("./conformance.ts") },
  doctor: { about: "the WebGPU adapter, its limits, what to install", load: () => import("./doctor.ts") },
};

const inDeno = "deno" in process.versions;
const IN_DENO = "deno run -A jsr:@refrain/transformers/cli";

function help(): string {
  const lines = Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(15)}${about}`);
  const start = inDeno ? IN_DENO : "npx refrain";
  return [`${start} COMMAND [options]`, "", ...lines, "", `${start} COMMAND --help explains a command.`, ""].join("\n");
}

/** Without a Vulkan driver Deno would silently choose an unreliable OpenGL adapter on Linux. */
function preferVulkan(): void {
  if (inDeno && process.platform === "linux") process.env.DENO_WEBGPU_BACKEND ??= "vulkan";
}

function fail(reason: string): never {
  note(reason);
  process.exit(1);
}

const [name, ...args] = process.argv.slice(2);
if (name === undefined || name === "--help") {
  print(help());
  process.exit(name === undefined ? 1 : 0);
}
const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!entry) {
  fail(`Cannot run ${name}: there is no such command, the nearest is ${nearest(name, Object.keys(commands))}`);
}
setInvocation(inDeno ? IN_DENO : "npx refrain");
preferVulkan();
await (await entry.load()).run(args);
