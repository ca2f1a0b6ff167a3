/** Texts from packages of npm and Debian, unpacked once into a folder. */
import { execFile } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { isMissing } from "../../src/checkpoint/host.ts";
import { fillOnce } from "./fill_once.ts";

/** How a kind of package is named, fetched into a folder, and unpacked from there. */
interface Kind {
  /** Names as `NAME` or with a version; none can be taken for an option. */
  readonly name: RegExp;
  fetch(name: string): readonly string[];
  unpack(file: string, into: string): readonly string[];
}

const kinds: Readonly<Record<string, Kind>> = {
  npm: {
    name: /^(?:@[a-z\d][\w.-]*\/)?[a-z\d][\w.-]*(?:@[\w.-]+)?$/i,
    fetch: (name) => ["npm", "pack", name],
    unpack: (file, into) => ["tar", "-xzf", file, "-C", into],
  },
  apt: {
    name: /^[a-z\d][a-z\d+.-]*(?:=[\w.+:~-]+)?$/,
    fetch: (name) => ["apt-get", "download", name],
    unpack: (file, into) => ["dpkg-deb", "-x", file, into],
  },
};

/** Whether a source is a package: `npm:NAME`, `npm:NAME@VERSION`, `apt:NAME`. */
export function isPackage(from: string): boolean {
  return from.split(":", 1)[0] in kinds && from.includes(":");
}

/**
 * The folder of an unpacked package below `cacheDir`; fetched the first time only, so that a name without a version
 * keeps that version. Throws one line when the name is malformed, the fetching program is missing, or it fails.
 */
export async function fetchPackage(from: string, cacheDir: string, signal?: AbortSignal): Promise<string> {
  const [prefix] = from.split(":", 1), name = from.slice(prefix.length + 1), kind = kinds[prefix];
  if (!kind.name.test(name)) throw new Error(`Cannot fetch ${from}: ${JSON.stringify(name)} is not a package name`);
  const folder = `${cacheDir}/packages/${prefix}-${name.replaceAll("/", "+")}`;
  await fillOnce(folder, async (cwd) => {
    await run(kind.fetch(name), { from, cwd, signal });
    const [file] = await readdir(cwd);
    if (!file) throw new Error(`Cannot fetch ${from}: nothing was downloaded`);
    await run(kind.unpack(file, "."), { from, cwd, signal });
    await rm(`${cwd}/${file}`);
  });
  return folder;
}

/** Runs a program; throws one line with its error output. */
async function run(
  [program, ...args]: readonly string[],
  { from, cwd, signal }: { readonly from: string; readonly cwd: string; readonly signal?: AbortSignal },
): Promise<void> {
  try {
    await promisify(execFile)(program, args, { cwd, signal, maxBuffer: 2 ** 26 });
  } catch (error) {
    signal?.throwIfAborted();
    const { stderr = "", code } = error as { stderr?: string; code?: unknown };
    const isLoss = (line: string) => line.trim() !== "" && !/^(?:npm (?:warn|notice)|W:)/i.test(line);
    const lines = stderr.split("\n").filter(isLoss);
    const said = lines.find((line) => !/^npm error code/i.test(line)) ?? lines[0] ?? `it ended with ${code}`;
    const failed = `${[program, ...args].join(" ")} failed, ${said.trim()}`;
    const reason = isMissing(error) ? `${program} is not installed` : failed;
    throw new Error(`Cannot fetch ${from}: ${reason}`, { cause: error });
  }
}
