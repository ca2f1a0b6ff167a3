/** Texts from packages of npm and Debian, unpacked once into a folder. */
import { isMissing } from "../../src/checkpoint/host.ts";
import { reasonOf } from "../../src/checkpoint/messages.ts";

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
  if (await exists(folder)) return folder;
  await Deno.mkdir(`${cacheDir}/packages`, { recursive: true });
  const staging = await Deno.makeTempDir({ dir: `${cacheDir}/packages`, prefix: "fetching-" });
  try {
    await run(kind.fetch(name), { from, cwd: staging, signal });
    const [file] = [...Deno.readDirSync(staging)].map(({ name }) => name);
    if (!file) throw new Error(`Cannot fetch ${from}: nothing was downloaded`);
    await Deno.mkdir(`${staging}/unpacked`);
    await run(kind.unpack(file, "unpacked"), { from, cwd: staging, signal });
    await Deno.rename(`${staging}/unpacked`, folder);
  } catch (error) {
    if (!await exists(folder)) throw error; // another process has made it
  } finally {
    await Deno.remove(staging, { recursive: true });
  }
  return folder;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Runs a program; throws one line with its error output. */
async function run(
  [program, ...args]: readonly string[],
  { from, cwd, signal }: { readonly from: string; readonly cwd: string; readonly signal?: AbortSignal },
): Promise<void> {
  const command = new Deno.Command(program, { args, cwd, signal, stdin: "null", stdout: "null", stderr: "piped" });
  const { success, code, stderr } = await command.output().catch((error) => {
    const reason = isMissing(error) ? `${program} is not installed` : reasonOf(error);
    throw new Error(`Cannot fetch ${from}: ${reason}`, { cause: error });
  });
  signal?.throwIfAborted();
  if (success) return;
  const isLoss = (line: string) => line.trim() !== "" && !/^(?:npm (?:warn|notice)|W:)/i.test(line);
  const lines = new TextDecoder().decode(stderr).split("\n").filter(isLoss);
  const said = lines.find((line) => !/^npm error code/i.test(line)) ?? lines[0] ?? `it ended with ${code}`;
  throw new Error(`Cannot fetch ${from}: ${[program, ...args].join(" ")} failed, ${said.trim()}`);
}
