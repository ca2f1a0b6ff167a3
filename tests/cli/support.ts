/** Commands as child processes, and small checkpoints for them. */
import { assert, assertEquals } from "@std/assert";
import { saveModel } from "../../src/checkpoint/save.ts";
import { decoderJson } from "../../src/model/config/decoder_json.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderJson } from "../../src/model/config/encoder_json.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { smallDecoder, smallEncoder, spreadWeights } from "../support/models.ts";

const root = new URL("../../", import.meta.url);

/** What a command left behind. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly bytes: Uint8Array;
  readonly err: string;
}

/** Starts a command. */
export function start(name: string, args: readonly string[], env: Record<string, string> = {}): Deno.ChildProcess {
  const lock = ["train", "compare", "mod"].includes(name) ? ["--no-lock"] : []; // as its task: it imports what draws pictures by name
  const full = ["run", "-A", "--no-check", ...lock, new URL(`cli/${name}.ts`, root).pathname, ...args];
  const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(Deno.execPath(), { args: full, env, cwd: root, ...pipes }).spawn();
}

/** Runs a command to its end. */
export async function run(
  name: string,
  args: readonly string[],
  { stdin = "", env = {} }: { stdin?: string | Uint8Array; env?: Record<string, string> } = {},
): Promise<Ended> {
  const child = start(name, args, env);
  const writer = child.stdin.getWriter();
  await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), bytes: stdout, err: text(stderr) };
}

/** Asserts that a command failed with one clear line, and returns it. */
export function assertRefused({ code, out, err }: Ended): string {
  const lines = err.trimEnd().split("\n").filter((line) => !line.startsWith("Loaded "));
  assertEquals({ code, out, lines: lines.length }, { code: 1, out: "", lines: 1 }, err);
  assert(lines[0].startsWith("Cannot ") && !lines[0].includes("file://"), err);
  return lines[0];
}

const folders: string[] = [];
globalThis.addEventListener("unload", () => folders.forEach((path) => Deno.removeSync(path, { recursive: true })));

/** A new folder that goes with the process. */
export function temporary(): string {
  folders.push(Deno.makeTempDirSync({ prefix: "refrain-test-" }));
  return folders[folders.length - 1];
}

/** A tokenizer of letters, blanks, commas and full stops. */
function letters(): Uint8Array {
  const vocab = Object.fromEntries([..."? abcdefghijklmnopqrstuvwxyz.,"].map((letter, id) => [letter, id]));
  const model = { type: "BPE", unk_token: "?", fuse_unk: false, byte_fallback: false, vocab, merges: [] };
  const none = { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null };
  return new TextEncoder().encode(JSON.stringify({ version: "1.0", ...none, decoder: { type: "Fuse" }, model }));
}

/** Letters of {@link letters}. */
const V = 30;

/** Two recursions of two shared layers, chosen by the tokens' scores, with experts in one of them. */
export const routed: Json = {
  vocab_size: V,
  num_hidden_layers: 6,
  recursion: { sharing: "middle_cycle", num_recursions: 2, routing: "expert" },
  mol: { layers: [1], num_experts: 3, top_k: 2, lora_rank: 2 },
};

/** Writes a small decoder into a new folder; with a tokenizer unless told otherwise. */
export async function decoderFolder(json: Json = routed, tokenizer = true): Promise<string> {
  const config = smallDecoder(json);
  const schema = decoderSchema(config);
  return await save(decoderJson(config), schema, tokenizer);
}

/** Writes a small encoder with experts into a new folder. */
export async function encoderFolder(tokenizer = true): Promise<string> {
  const config = smallEncoder({ vocab_size: V });
  return await save(encoderJson(config), encoderSchema(config), tokenizer);
}

async function save(json: Json, schema: unknown, tokenizer: boolean): Promise<string> {
  const folder = temporary();
  const extraFiles: Record<string, Uint8Array[]> = tokenizer ? { "tokenizer.json": [letters()] } : {};
  await saveModel(folder, { json, schema, params: spreadWeights(schema, 3), extraFiles });
  return folder;
}

/** Names in a folder, sorted. */
export function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}
