/** `deno task pack`: the npm package as a tarball, with types, from the same sources as the JSR package. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { note, runCommand } from "./support/command.ts";
import { helpFlag, type Values } from "./support/flags.ts";
import { runQuietly } from "./support/process.ts";

const command = {
  name: "pack",
  usage: "[--out FILE]",
  about:
    `Builds the npm package: the modules of the exports of deno.json as JavaScript with types, and a package.json with
the command refrain. \`npm publish FILE\` publishes it.`,
  flags: {
    out: { value: "FILE", help: "the tarball, refrain-transformers.tgz unless given" },
    ...helpFlag,
  },
  examples: ["deno task pack", "deno task pack --out /tmp/refrain.tgz"],
} as const;

/** Keys of package.json that `deno pack` leaves out. */
const FIELDS = {
  description: "Recursive transformers on WebGPU: Mixture-of-Recursions decoders and Mixture-of-LoRAs encoders",
  keywords: ["transformers", "webgpu", "mixture-of-recursions", "modernbert", "llama", "inference", "training"],
  bin: { refrain: "cli/mod.js" },
  sideEffects: ["./cli/*.js"],
  engines: { node: "^20.19.0 || >=22.12.0" },
  peerDependencies: { webgpu: ">=0.3" },
  peerDependenciesMeta: { webgpu: { optional: true } },
};

/** Builds the tarball. Throws naming the program that failed. */
export async function pack(out: string): Promise<void> {
  const root = new URL("../", import.meta.url);
  const folder = await mkdtemp(`${tmpdir()}/refrain-pack-`), tarball = `${folder}/package.tgz`;
  try {
    await runQuietly("deno", ["pack", "--quiet", "--allow-dirty", "--no-source-maps", "--output", tarball], {
      cwd: root,
    });
    await runQuietly("tar", ["-xzf", tarball, "-C", folder]);
    const manifest = `${folder}/package/package.json`;
    const json = JSON.parse(await readFile(manifest, "utf8"));
    await writeFile(manifest, `${JSON.stringify({ ...json, ...FIELDS }, null, 2)}\n`);
    await runQuietly("tar", ["-czf", tarball, "-C", folder, "package"]);
    await copyFile(tarball, out);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function main({ out = "refrain-transformers.tgz" }: Values<typeof command.flags>): Promise<void> {
  await pack(out);
  note(`Wrote ${out}`);
}

if (import.meta.main) await runCommand(command, main);
