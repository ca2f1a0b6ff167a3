// Access to the runtime's file system. No other file of the library names the runtime.

import { reasonOf } from "./messages.ts";
import { decodePercents } from "./source_names.ts";

/** The part of Deno that reading and writing checkpoints needs. */
export type FileSystem = Pick<
  typeof Deno,
  "open" | "stat" | "mkdir" | "rename" | "remove" | "removeSync" | "readDir" | "pid"
>;

/**
 * Gives the file system of this runtime.
 *
 * @param action action of the error message, as in "open models/tiny"
 * @throws if the runtime has none (a browser): pass a URL or a record of files there
 */
export function fileSystem(action: string): FileSystem {
  const deno = (globalThis as { Deno?: FileSystem }).Deno;
  if (deno?.open === undefined) {
    throw new Error(`Cannot ${action}: this runtime has no file system; pass an http(s) URL or a record of files`);
  }
  return deno;
}

/** True if the error says that a file, or a folder on the way to it, does not exist. */
export function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === "NotFound" || thrown.name === "NotADirectory");
}

/**
 * Makes a folder and its parents. Returns those that were missing, the innermost first, for {@link removeEmpty}.
 *
 * @throws naming the folder and the reason
 */
export async function makeFolder(action: string, folder: string): Promise<string[]> {
  const disk = fileSystem(`${action} ${folder}`);
  const missing: string[] = [];
  try {
    for (let path = folder.replace(/(?<=.)[\\/]+$/, ""); path !== "" && !await exists(disk, path);) {
      missing.push(path);
      path = /^(.*)[\\/]/.exec(path)?.[1] ?? "";
    }
    await disk.mkdir(folder, { recursive: true });
    return missing;
  } catch (error) {
    throw new Error(`Cannot ${action} ${folder}: ${reasonOf(error)}`, { cause: error });
  }
}

async function exists(disk: FileSystem, path: string): Promise<boolean> {
  return await disk.stat(path).then(() => true, (error) => {
    if (isMissing(error)) return false;
    throw error;
  });
}

/** Removes folders that {@link makeFolder} made, as far as they are empty. */
export function removeEmpty(folders: readonly string[]): void {
  try {
    for (const folder of folders) fileSystem(`remove ${folder}`).removeSync(folder);
  } catch { /* it has files */ }
}

/** The path of a `file:` URL, on Windows without the slash before the drive letter; throws on a stray `%`. */
export function pathOf(url: URL): string {
  return decodePercents(url.pathname).replace(/^\/(?=[A-Za-z]:)/, "");
}
