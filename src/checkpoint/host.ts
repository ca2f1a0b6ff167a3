// Access to the file system of Deno and Node. Beside host_lock.ts no other file of the library names a
// runtime.
import type * as fs from "node:fs";
import { reasonOf } from "./messages.ts";
import { decodePercents } from "./source_names.ts";

/** How a file is opened: for reading, as a new file, or for reading and writing one that is made if it is missing. */
export type OpenMode = "read" | "create" | "update";

/** Size of a file, and the numbers of its inode and device. */
export interface FileInfo {
  /** False for a folder, a pipe or a device. */
  readonly isFile: boolean;
  readonly size: number;
  readonly ino: number;
  readonly dev: number;
}

/** An open file; `at` is a byte offset. Reading gives 0 at its end, and a write may be incomplete. */
export interface OpenFile {
  read(bytes: Uint8Array, at: number): Promise<number>;
  readSync(bytes: Uint8Array, at: number): number;
  write(bytes: Uint8Array, at: number): Promise<number>;
  truncate(size: number): Promise<void>;
  info(): Promise<FileInfo>;
  /** Waits until all bytes are on disk. */
  sync(): Promise<void>;
  close(): void;
}

/** The file operations of the library. */
export interface FileSystem {
  /** Number of this process. */
  readonly pid: number;
  /** Whether a process of this number runs, as far as the system says. */
  isRunning(pid: number): boolean;
  open(path: string, mode?: OpenMode): Promise<OpenFile>;
  info(path: string): Promise<FileInfo>;
  /** Makes a folder and its parents. */
  makeFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes a symbolic link to a target relative to its folder. */
  link(target: string, path: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** Removes a folder with everything in it, or a file. */
  removeAll(path: string): Promise<void>;
  removeFileSync(path: string): void;
  removeEmptyFolderSync(path: string): void;
  /** Names of the entries of a folder. */
  names(path: string): Promise<string[]>;
}

/** The part of `globalThis.process` that has the file system; bundlers need no alias for it. */
interface Process {
  readonly pid: number;
  kill(pid: number, signal: 0): unknown;
  getBuiltinModule?(name: string): typeof fs | undefined;
}

/** Whether this runtime has a file system; browsers have none. */
export function hasFileSystem(): boolean {
  return (globalThis as { process?: Process }).process?.getBuiltinModule?.("node:fs") !== undefined;
}

/**
 * Gives the file system of this runtime.
 *
 * @param action action of the error message, as in "open models/tiny"
 * @throws if the runtime has none (a browser): pass a URL or a record of files there
 */
export function fileSystem(action: string): FileSystem {
  const process = (globalThis as { process?: Process }).process;
  const node = process?.getBuiltinModule?.("node:fs");
  if (process === undefined || node === undefined) {
    throw new Error(
      `Cannot ${action}: this runtime has no file system; pass an http(s) URL, a model of the Hub, or files in memory`,
    );
  }
  const { O_RDWR, O_CREAT } = node.constants, { promises } = node;
  const flags = { read: "r", create: "wx+", update: O_RDWR | O_CREAT };
  return {
    pid: process.pid,
    isRunning: (pid) => runs(process, pid),
    open: async (path, mode = "read") => {
      return openFile(node, await called((done) => node.open(path, flags[mode], 0o666, done)));
    },
    info: async (path) => infoOf(await promises.stat(path)),
    makeFolder: async (path) => void await promises.mkdir(path, { recursive: true }),
    rename: (from, to) => promises.rename(from, to),
    link: (target, path) => promises.symlink(target, path),
    removeFile: (path) => promises.unlink(path),
    removeAll: (path) => promises.rm(path, { recursive: true }),
    removeFileSync: (path) => node.unlinkSync(path),
    removeEmptyFolderSync: (path) => node.rmdirSync(path),
    names: (path) => promises.readdir(path),
  };
}

/** Whether signal 0 reaches a process; true where it may not be sent. */
function runs(process: Process, pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== "ESRCH";
  }
}

/** The operations of an open file by its descriptor, which also has synchronous ones. */
function openFile(node: typeof fs, file: number): OpenFile {
  return {
    read: (bytes, at) => called((done) => node.read(file, bytes, 0, bytes.length, at, done)),
    readSync: (bytes, at) => node.readSync(file, bytes, 0, bytes.length, at),
    write: (bytes, at) => called((done) => node.write(file, bytes, 0, bytes.length, at, done)),
    truncate: (size) => called((done) => node.ftruncate(file, size, done)),
    info: async () => infoOf(await called<fs.Stats>((done) => node.fstat(file, done))),
    sync: () => called((done) => node.fsync(file, done)),
    close: () => node.closeSync(file),
  };
}

const infoOf = (stats: fs.Stats): FileInfo => ({
  isFile: stats.isFile(),
  size: stats.size,
  ino: stats.ino,
  dev: stats.dev,
});

/** The result of an operation that calls back. */
function called<R>(operate: (done: (error: Error | null, result?: R) => void) => void): Promise<R> {
  return new Promise((resolve, reject) => {
    operate((error, result) => error ? reject(error) : resolve(result as R));
  });
}

/** True if the error says that a file, or a folder on the way to it, does not exist. */
export function isMissing(thrown: unknown): boolean {
  const { code } = Object(thrown) as { readonly code?: unknown };
  return code === "ENOENT" || code === "ENOTDIR";
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
    await disk.makeFolder(folder);
    return missing;
  } catch (error) {
    throw new Error(`Cannot ${action} ${folder}: ${reasonOf(error)}`, { cause: error });
  }
}

async function exists(disk: FileSystem, path: string): Promise<boolean> {
  return await disk.info(path).then(() => true, (error) => {
    if (isMissing(error)) return false;
    throw error;
  });
}

/** Removes folders that {@link makeFolder} made, as far as they are empty. */
export function removeEmpty(folders: readonly string[]): void {
  try {
    for (const folder of folders) fileSystem(`remove ${folder}`).removeEmptyFolderSync(folder);
  } catch { /* it has files */ }
}

/** The path of a `file:` URL, on Windows without the slash before the drive letter; throws on a stray `%`. */
export function pathOf(url: URL): string {
  return decodePercents(url.pathname).replace(/^\/(?=[A-Za-z]:)/, "");
}
