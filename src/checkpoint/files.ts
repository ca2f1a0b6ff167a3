// Atomic writes: each file is written under a temporary name in its folder, flushed to disk, and renamed.
import { type FileSystem, fileSystem, isMissing, makeFolder, type OpenFile, removeEmpty } from "./host.ts";
import { listNames, reasonOf } from "./messages.ts";
import { partsOf } from "./source_names.ts";

/** The content of a file, in order. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Options of writing files. */
export interface WriteOptions {
  /** Aborts before the next chunk; the files stay unchanged. */
  readonly signal?: AbortSignal;
}

/**
 * Writes one file, which replaces an old one when all of it is on disk.
 *
 * @throws naming path, bytes and reason when the disk is full, the chunks fail or the signal aborts; the temporary file
 * is then removed and the old file unchanged
 *
 * ```ts
 * const path = await Deno.makeTempFile();
 * await writeFileAtomically(path, [new Uint8Array([1, 2])]);
 * await Deno.remove(path);
 * ```
 */
export async function writeFileAtomically(path: string, chunks: Chunks, options: WriteOptions = {}): Promise<void> {
  await replaceAll([[path, chunks]], options);
}

/**
 * Writes files into a folder, which is made if it is missing. All are written under temporary names before the first is
 * renamed. A failure to write any of them leaves the folder's files unchanged, and no new folder.
 *
 * @throws like `writeFileAtomically`, and if a name leads outside the folder
 *
 * ```ts
 * const folder = await Deno.makeTempDir();
 * await writeFilesAtomically(folder, { "config.json": [new TextEncoder().encode("{}")] });
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeFilesAtomically(
  folder: string,
  files: Readonly<Record<string, Chunks>>,
  options: WriteOptions = {},
): Promise<void> {
  const targets = Object.entries(files).map(([name, chunks]): [string, Chunks] => {
    return [`${folder.replace(/[\\/]$/, "")}/${partsOf(name).join("/")}`, chunks];
  });
  const made: string[] = [];
  try {
    for (const path of new Set([folder, ...targets.map(([path]) => path.slice(0, path.lastIndexOf("/")))])) {
      made.unshift(...await makeFolder("write", path));
    }
    await replaceAll(targets, options);
  } catch (error) {
    removeEmpty(made);
    throw error;
  }
}

async function replaceAll(targets: readonly [string, Chunks][], { signal }: WriteOptions): Promise<void> {
  const disk = fileSystem(`write ${listNames(targets.map(([path]) => path))}`);
  const staged: { path: string; temporary: string }[] = [];
  try {
    for (const [path, chunks] of targets) {
      await refuseSpecial(disk, path);
      const temporary = `${path}.${crypto.randomUUID()}.tmp`;
      staged.push({ path, temporary });
      await stage(disk, path, temporary, chunks, signal);
    }
    for (const { path, temporary } of staged) await rename(disk, temporary, path);
  } finally {
    for (const { temporary } of staged) await disk.removeFile(temporary).catch(() => {}); // renamed, or not created
  }
}

/** Renaming onto a device such as /dev/full would replace the device. */
async function refuseSpecial(disk: FileSystem, path: string): Promise<void> {
  try {
    if ((await disk.info(path)).isFile) return;
  } catch (error) {
    if (isMissing(error)) return;
    throw new Error(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
  throw new Error(`Cannot write ${path}: there is something that is not a regular file`);
}

async function stage(disk: FileSystem, path: string, temporary: string, chunks: Chunks, signal?: AbortSignal) {
  let written = 0;
  let file: OpenFile | undefined;
  try {
    file = await disk.open(temporary, "create");
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length;) {
        signal?.throwIfAborted();
        const count = await file.write(chunk.subarray(at), written);
        at += count, written += count;
      }
    }
    signal?.throwIfAborted();
    await file.sync();
  } catch (error) {
    const message = `Cannot write ${path}: stopped after ${written} bytes, ${reasonOf(error)}`;
    const failure = new Error(message, { cause: error });
    if (signal?.aborted) failure.name = "AbortError";
    throw failure;
  } finally {
    file?.close();
  }
}

async function rename(disk: FileSystem, from: string, to: string): Promise<void> {
  try {
    await disk.rename(from, to);
  } catch (error) {
    throw new Error(`Cannot write ${to}: ${reasonOf(error)}`, { cause: error });
  }
}
