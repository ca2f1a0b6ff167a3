/**
 * Projects that install the tarball of the package, the programs that run in them, and a server of their files.
 *
 * @module
 */
import { pack } from "../../cli/pack.ts";
import { aptInstall, canInstall } from "../../cli/lavapipe.ts";
import { runQuietly } from "../../cli/support/process.ts";

const root = new URL("../../", import.meta.url);

/** The shipped models. */
export const models = new URL("models", root).pathname;

/** What the app of the projects computes. */
export interface Results {
  readonly story: readonly { readonly id: number; readonly text: string; readonly depth: number }[];
  readonly mask: { readonly text: string; readonly probability: number };
  readonly embedding: readonly number[];
}

/** A new folder with the app, in which npm has installed the tarball and other packages. */
export async function project(...packages: string[]): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "refrain-package-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ type: "module", private: true }));
  for await (const { name } of Deno.readDir(new URL("app", import.meta.url))) {
    await Deno.copyFile(new URL(`app/${name}`, import.meta.url), `${folder}/${name}`);
  }
  await Deno.symlink(models, `${folder}/models`);
  await pack(`${folder}/refrain.tgz`);
  await install(folder, "./refrain.tgz", ...packages);
  return folder;
}

/** Installs packages into a project. */
export async function install(folder: string, ...packages: string[]): Promise<void> {
  await runQuietly("npm", ["install", "--no-audit", "--no-fund", ...packages], { cwd: folder });
}

/** Path of Node of a major version: the machine's, or that of npm's package `node`. */
export async function nodeOf(major: number): Promise<string> {
  const version = await runQuietly("node", ["--version"]);
  if (version.startsWith(`v${major}.`)) return "node";
  const folder = await Deno.makeTempDir({ prefix: `refrain-node-${major}-` });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  await install(folder, "--prefix", folder, `node@${major}`);
  return `${folder}/node_modules/node/bin/node`;
}

const CHROMIUM = "/usr/bin/chromium";

/** Path of Debian's Chromium, which is installed where that is possible; undefined, after a warning, where it is not. */
export async function findChromium(): Promise<string | undefined> {
  if (isFile(CHROMIUM)) return CHROMIUM;
  if (canInstall()) await aptInstall(["chromium"]).catch((error) => console.error(error.message));
  if (isFile(CHROMIUM)) return CHROMIUM;
  console.error("WARNING: NOTHING IS TESTED IN A BROWSER: there is no Chromium, and none could be installed");
}

/** Whether there is a file. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

const TYPES: Readonly<Record<string, string>> = { js: "text/javascript", html: "text/html", json: "application/json" };

/** Serves the files of a folder; missing ones are answered with 404. */
export function serveFiles(folder: string): { readonly url: string; close(): Promise<void> } {
  const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
  const server = Deno.serve(options, async ({ url }) => {
    const path = new URL(url).pathname, ending = path.split(".").pop()!;
    const bytes = await Deno.readFile(`${folder}${path}`).catch(() => undefined);
    const headers = { "content-type": TYPES[ending] ?? "application/octet-stream" };
    return bytes ? new Response(bytes, { headers }) : new Response("not found", { status: 404 });
  });
  return { url: `http://127.0.0.1:${server.addr.port}`, close: () => server.shutdown() };
}

/** Commands of the package. */
export const COMMANDS = [
  "serve",
  "generate",
  "encode",
  "evaluate",
  "trace",
  "sample-corpus",
  "merge",
  "train",
  "compare",
  "conformance",
  "doctor",
];
