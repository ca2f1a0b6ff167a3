/** The tarball in an empty folder: Node 20 and 22 on the reference and through Dawn, the commands, TypeScript. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { runQuietly } from "../../cli/support/process.ts";
import { assertResults, expected } from "./expected.ts";
import { COMMANDS, install, isFile, models, nodeOf, project } from "./support.ts";

const folder = await project();
const inFolder = (program: string, ...args: string[]) => runQuietly(program, args, { cwd: folder });

for (const major of [20, 22]) {
  Deno.test(`Node ${major} computes on the reference bit for bit what Deno computes`, async () => {
    const node = await nodeOf(major);
    assertStringIncludes(await inFolder(node, "--version"), `v${major}.`);
    assertEquals(JSON.parse(await inFolder(node, "node.js", models, "reference")), expected);
  });
}

/** Drivers that Dawn takes; it refuses older versions of lavapipe. */
const drivers = ["/usr/lib/chromium/vk_swiftshader_icd.json", Deno.env.get("VK_ICD_FILENAMES") ?? ""].filter(isFile);

Deno.test("Node computes the same through Dawn", async () => {
  await install(folder, "webgpu@0.6.2");
  const env = drivers.length > 0 ? { VK_ICD_FILENAMES: drivers[0] } : undefined;
  const run = () => runQuietly("node", ["node.js", models, "webgpu"], { cwd: folder, env });
  const out = await run().catch((error: Error) => {
    if (!error.message.includes("no adapter found")) throw error;
    console.error("WARNING: DAWN IS NOT TESTED: it finds no adapter on this machine");
  });
  if (out) assertResults(JSON.parse(out), "Dawn");
});

Deno.test("a TypeScript project has the types of the package, without those of Node or Deno", async () => {
  await install(folder, "typescript@7");
  assertEquals(await inFolder("npx", "tsc", "--project", "."), "");
});

Deno.test("Deno runs the npm package, and a clone by its path, without an entry in a deno.json", async () => {
  const run = (permissions: string[], ...args: string[]) => inFolder("deno", "run", ...permissions, ...args);
  const app = await run(["-A"], "node.js", models, "reference");
  assertEquals(JSON.parse(app), expected);
  const script = `import { Decoder } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
    const decoder = await Decoder.load("${models}/stories-mor", { device: "reference" });
    for await (const { text } of decoder.generate("Once upon a time", { maxNewTokens: 4 })) console.log(text);`;
  await Deno.writeTextFile(`${folder}/by_path.ts`, script);
  const story = await run([`--allow-read=${models}`, "--no-prompt", "--no-config", "--no-check"], "by_path.ts");
  assertEquals(story, expected.story.slice(0, 4).map(({ text }) => `${text}\n`).join(""));
});

Deno.test("a folder that a process of Node writes is locked for Node and Deno, until it ends", async () => {
  const out = `${folder}/locked`, lock = new URL("../../src/train/run/lock.ts", import.meta.url).href;
  const take = (module: string) =>
    `const { FolderLock } = await import(${JSON.stringify(module)});
    const refused = (error) => console.log(error.message);
    const lock = await FolderLock.take(${JSON.stringify(out)}, "write").catch(refused);`;
  const packed = take(`${folder}/node_modules/@refrain/transformers/src/train/run/lock.js`);
  const again = 'await FolderLock.take(lock.path.slice(0, -6), "merge into").catch(refused);';
  const deno = `const { execFileSync } = await import("node:child_process");
    const args = ["eval", "--no-config", ${JSON.stringify(take(lock))}];
    console.log(execFileSync(${JSON.stringify(Deno.execPath())}, args, { encoding: "utf8" }).trim());`;
  await Deno.writeTextFile(`${folder}/lock.js`, `${packed}\n${again}\n${deno}\nlock[Symbol.dispose]();`);
  const [here, there, ...rest] = (await inFolder("node", "lock.js")).trim().split("\n");
  const held = /^Cannot (?:merge into|write) \S+: it is in use by process \d+ of Node since \S+; remove \S+\.lock if/;
  assertEquals([held.test(here), held.test(there), rest], [true, true, []], `${here}\n${there}`);
  assertEquals(isFile(`${out}/.lock`), false);
});

/** Entry points of the library, and the commands. */
const entries = [
  ...[
    "mod.ts",
    "src/ops.ts",
    "src/model.ts",
    "src/train.ts",
    "src/checkpoint.ts",
    "reference/mod.ts",
    "kernels/mod.ts",
  ],
  ...COMMANDS.map((name) => `cli/${name.replace("-", "_")}.ts`),
];

Deno.test("sources use nothing that Node 20 lacks", async () => {
  await install(folder, "typescript@7", "@types/node@20");
  const libraries = ["es2023", "es2024.string", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"];
  const compilerOptions = {
    ...{ target: "es2022", lib: [...libraries, "es2024.arraybuffer"], module: "esnext", moduleResolution: "bundler" },
    ...{ strict: true, noEmit: true, allowImportingTsExtensions: true, skipLibCheck: true, types: ["node"] },
    typeRoots: [`${folder}/node_modules/@types`],
    paths: {
      "@std/cli/parse-args": [new URL("../../vendor/std-cli/parse_args.ts", import.meta.url).pathname],
      "*": [`${folder}/node_modules/*`],
    },
  };
  await Deno.writeTextFile(`${folder}/meta.d.ts`, "interface ImportMeta { readonly main?: boolean }");
  const files = ["meta.d.ts", ...entries.map((path) => new URL(`../../${path}`, import.meta.url).pathname)];
  await Deno.writeTextFile(`${folder}/node20.json`, JSON.stringify({ compilerOptions, files }));
  assertEquals(await inFolder("npx", "tsc", "--project", "node20.json"), "");
});
