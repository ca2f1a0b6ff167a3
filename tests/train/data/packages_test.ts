/** Packages of texts, fetched by a program in the path that stands in for npm. */
import { assertEquals, assertRejects } from "@std/assert";
import { fetchPackage } from "../../../cli/data/packages.ts";
import { filesOf } from "../../../cli/data/sources.ts";

/** Runs a body with a program npm before all others, or with an empty path without one. */
async function withNpm(script: string | undefined, body: (cacheDir: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir(), path = Deno.env.get("PATH")!;
  await Deno.mkdir(`${folder}/bin`);
  if (script) await Deno.writeTextFile(`${folder}/bin/npm`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  Deno.env.set("PATH", script ? `${folder}/bin:${path}` : `${folder}/bin`);
  try {
    await body(`${folder}/cache`);
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(folder, { recursive: true });
  }
}

const packs = `mkdir package; echo 'The river swam.' > package/a.txt; echo about > package/README.txt
tar -czf texts-1.0.tgz package; rm -r package; echo "$2" >> "$COUNT"`;

Deno.test({
  name: "packages: fetched once, and read without the files about them",
  ignore: Deno.build.os === "windows",
}, async () => {
  const count = await Deno.makeTempFile();
  await withNpm(packs.replace("$COUNT", count), async (cacheDir) => {
    for (let time = 0; time < 2; time++) {
      const files = await filesOf({ from: "npm:texts@1.0" }, { cacheDir });
      assertEquals(files.map(({ path }) => path), [`${cacheDir}/packages/npm-texts@1.0/package/a.txt`]);
    }
    assertEquals(await Deno.readTextFile(count), "texts@1.0\n");
    assertEquals([...Deno.readDirSync(`${cacheDir}/packages`)].length, 1);
  });
  await Deno.remove(count);
});

Deno.test(
  { name: "packages: a failure is one line, and leaves no folder", ignore: Deno.build.os === "windows" },
  async () => {
    const fails = "echo 'npm warn old' >&2; echo 'npm error code E404' >&2; echo 'npm error 404 Not Found' >&2; exit 3";
    const rejected = async (cacheDir: string, name: string, message: string, signal?: AbortSignal) => {
      await assertRejects(() => fetchPackage(name, cacheDir, signal), Error, message);
      assertEquals(
        [...Deno.readDirSync(cacheDir)].flatMap(({ name }) => [...Deno.readDirSync(`${cacheDir}/${name}`)]),
        [],
      );
    };
    await withNpm(fails, async (cacheDir) => {
      await Deno.mkdir(cacheDir);
      await rejected(cacheDir, "npm:a", "Cannot fetch npm:a: npm pack a failed, npm error 404 Not Found");
      await rejected(cacheDir, "npm:a", "aborted", AbortSignal.abort());
      await rejected(cacheDir, "npm:-x", 'Cannot fetch npm:-x: "-x" is not a package name');
    });
    await withNpm("true", async (cacheDir) => {
      await Deno.mkdir(cacheDir);
      await rejected(cacheDir, "npm:a", "nothing was downloaded");
    });
    await withNpm(undefined, async (cacheDir) => {
      await Deno.mkdir(cacheDir);
      await rejected(cacheDir, "npm:a", "npm is not installed");
    });
  },
);
