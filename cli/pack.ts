/** `deno task pack`: the npm package as a tarball, with types, from the same sources as the JSR package. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
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
  bundleDependencies: ["@std/cli"],
};

/** Folder of `@std/cli`, which npm has not: its modules stand in the tarball. */
const BUNDLED = "vendor/std-cli";

/** Packs the package of a folder, and unpacks it below another one. */
async function unpacked(root: string, folder: string): Promise<void> {
  const tarball = `${folder}/packed.tgz`;
  await mkdir(folder, { recursive: true });
  await runQuietly("deno", ["pack", "--quiet", "--allow-dirty", "--no-source-maps", "--output", tarball], {
    cwd: root,
  });
  await runQuietly("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
  await rm(tarball);
}

/** Builds the tarball. Throws naming the program that failed. */
export async function pack(out: string): Promise<void> {
  const root = fileURLToPath(new URL("../", import.meta.url));
  const folder = await mkdtemp(`${tmpdir()}/refrain-pack-`), content = `${folder}/package`;
  try {
    await unpacked(root, content);
    await unpacked(`${root}${BUNDLED}`, `${content}/node_modules/@std/cli`);
    const json = JSON.parse(await readFile(`${content}/package.json`, "utf8"));
    const { version } = JSON.parse(await readFile(`${root}${BUNDLED}/deno.json`, "utf8"));
    const dependencies = { ...json.dependencies, "@std/cli": version };
    await writeFile(`${content}/package.json`, `${JSON.stringify({ ...json, ...FIELDS, dependencies }, null, 2)}\n`);
    await runQuietly("tar", ["-czf", `${folder}/package.tgz`, "-C", folder, "package"]);
    await copyFile(`${folder}/package.tgz`, out);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function main({ out = "refrain-transformers.tgz" }: Values<typeof command.flags>): Promise<void> {
  await pack(out);
  note(`Wrote ${out}`);
}

if (import.meta.main) await runCommand(command, main);
