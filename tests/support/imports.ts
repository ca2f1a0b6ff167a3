/**
 * The import graph of the project.
 *
 * @module
 */
import { assertEquals } from "@std/assert";

/** The folder of the project. */
export const root = new URL("../../", import.meta.url);

/** Every TypeScript file below a folder, as paths from the root. */
function* files(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* files(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield `${folder}${name}`;
  }
}

/** All [importer, imported] pairs of the project, type-only imports included. */
export async function arrows(): Promise<[string, string][]> {
  const every = [
    "mod.ts",
    ...["api/", "src/", "reference/", "kernels/", "cli/"].flatMap((folder) => [...files(folder)]),
  ];
  const all = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(all, every.map((file) => `import "${new URL(file, root)}";\n`).join(""));
  const args = ["info", "--json", "--no-lock", "--config", new URL("deno.json", root).pathname, all];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
  await Deno.remove(all);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
  const path = (specifier: string) => specifier.startsWith(root.href) ? specifier.slice(root.href.length) : specifier;
  const own = modules.filter(({ specifier }) => every.includes(path(specifier)));
  assertEquals(own.length, every.length, "every file is in the graph");
  return own.flatMap(({ specifier, dependencies = [] }) =>
    dependencies.flatMap(({ code, type }): [string, string][] => {
      const target = code?.specifier ?? type?.specifier;
      return target ? [[path(specifier), path(target)]] : []; // what does not resolve is for the type checker
    })
  );
}

interface Module {
  specifier: string;
  dependencies?: { code?: { specifier?: string }; type?: { specifier?: string } }[];
}
