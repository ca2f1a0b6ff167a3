/** Bundles without aliases, on a page and in a module worker of headless Chromium. */
import { assert } from "@std/assert";
import { runQuietly } from "../../cli/support/process.ts";
import { assertResults } from "./expected.ts";
import { type Answer, fileServer, filesOf } from "../support/file_server.ts";
import { findChromium, project, type Results, serveFiles } from "./support.ts";

const folder = await project("esbuild@0.28", "vite@8", "playwright-core@1");
const inFolder = (program: string, ...args: string[]) => runQuietly(program, args, { cwd: folder });
const chromium = await findChromium();

/** What parts of the app give in Chromium, which loads it from a URL. */
async function browse<K extends string>(url: string, ...parts: K[]): Promise<Record<K, unknown>> {
  return JSON.parse(await inFolder("node", "browse.js", chromium!, url, ...parts));
}

/** Serves a folder of the project while Chromium runs the app on a page and in a module worker. */
async function runServed(path: string, name: string): Promise<void> {
  await Deno.symlink(`${folder}/models`, `${folder}/${path}/models`).catch(() => {}); // Vite has copied it
  const server = serveFiles(`${folder}/${path}`);
  try {
    const { page, worker } = await browse(`${server.url}/index.html`, "page", "worker");
    assertResults(page as Results, `a page of ${name}`);
    assertResults(worker as Results, `a worker of ${name}`);
  } finally {
    await server.close();
  }
}

Deno.test("esbuild bundles the package, and the bundle computes in Chromium what Deno computes", async () => {
  await inFolder("npx", "esbuild", "main.js", "worker.js", "--bundle", "--format=esm", "--outdir=esbuild");
  await Deno.copyFile(`${folder}/index.html`, `${folder}/esbuild/index.html`);
  if (chromium) await runServed("esbuild", "esbuild");
});

Deno.test({
  name: "a page loads models by relative URLs, and keeps them: the next page asks for their ETags only",
  ignore: !chromium,
  async fn() {
    const files = { ...await filesOf("models/stories-mor", "/models/stories-mor") };
    Object.assign(files, await filesOf("models/stories-modernalbert", "/models/stories-modernalbert"));
    await inFolder("npx", "esbuild", "main.js", "--bundle", "--format=esm", "--outdir=kept");
    for (const path of ["index.html", "kept/main.js"]) {
      files[`/${path.split("/").at(-1)}`] = await Deno.readFile(`${folder}/${path}`);
    }
    const typed: Answer = ({ url }, response) => {
      if (/\.(html|js)$/.test(url!)) {
        response.setHeader("content-type", url!.endsWith("js") ? "text/javascript" : "text/html");
      }
      return false;
    };
    await using server = await fileServer(files, {}, typed);
    const profile = await Deno.makeTempDir();
    const visit = async () => {
      server.asked.length = 0;
      const { relative } = await browse(`${server.base}/index.html`, ...["relative"]);
      assertResults(relative as Results, "models by relative URLs");
      return server.asked.filter((line) => line.includes("/models/"));
    };
    Deno.env.set("PROFILE", profile);
    const first = await visit(), second = await visit();
    assert(first.some((line) => line.startsWith("GET /models/stories-mor/model.safetensors")), first.join("\n"));
    assert(second.every((line) => line.startsWith("HEAD ")), second.join("\n"));
    Deno.env.delete("PROFILE");
    await Deno.remove(profile, { recursive: true });
  },
});

Deno.test("Vite bundles the package, and the bundle computes in Chromium what Deno computes", async () => {
  await inFolder("npx", "vite", "build", "--outDir", "vite");
  if (chromium) await runServed("vite", "Vite");
});

Deno.test({
  name: "a page on Vite's server, which answers for missing files, loads the models",
  ignore: !chromium,
  async fn() {
    const vite = `${folder}/node_modules/.bin/vite`, args = ["--host", "127.0.0.1", "--port", "0"];
    const child = new Deno.Command(vite, { args, cwd: folder, stdout: "piped", env: { NO_COLOR: "1" } }).spawn();
    let said = "", url: string | undefined;
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (url || !(url = /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0])) continue;
      assert((await (await fetch(`${url}models/no.json`)).text()).includes("<html"), "Vite answers for missing files");
      assertResults((await browse(url, "page")).page as Results, "a page on Vite's server");
      child.kill("SIGTERM");
    }
    await child.status;
    assert(url, said);
  },
});

Deno.test({
  name: "a page imports the package by URL, as from a CDN, without a bundler",
  ignore: !chromium,
  async fn() {
    const server = serveFiles(folder);
    const { exported } = await browse(`${server.url}/from_url.html`, "exported").finally(() => server.close());
    assert((exported as string[]).includes("Decoder"), `${exported}`);
  },
});
