/**
 * The lock of a run's folder: only one process writes into it at a time.
 *
 * @module
 */
import { fileSystem, isMissing, makeFolder, removeEmpty } from "../../checkpoint/host.ts";
import { hasFlock, type LockableFile, openLockable } from "../../checkpoint/host_lock.ts";

/** Name of the lock file in the folder of a run. */
export const LOCK = ".lock";

/** Words of the owner's line in Node. */
const IN_NODE = " of Node";

/** Maximum length of the owner's line in bytes. */
const LINE_BYTES = 64;

/**
 * An exclusive lock on a folder, held until it is disposed of.
 *
 * In Deno the operating system holds it (flock) and releases it when the process ends in any way, so the lock file of a
 * killed process is stale and is taken over. Node has no flock: there the file itself is the lock, and its content names
 * Node, so that Deno respects it. The file of a killed process of Node must be removed by hand.
 */
export class FolderLock implements Disposable {
  private constructor(readonly path: string, readonly file: LockableFile, readonly made: readonly string[]) {}

  /**
   * Makes the folder if it is missing and locks it; `action` is the verb of error messages.
   *
   * @throws naming the folder and its owner while another process, or this one, holds the lock; and if the file cannot be
   * written
   *
   * ```ts
   * const folder = await Deno.makeTempDir();
   * using lock = await FolderLock.take(folder, "train into");
   * ```
   */
  static async take(folder: string, action: string): Promise<FolderLock> {
    const disk = fileSystem(`${action} ${folder}`), path = `${folder}/${LOCK}`;
    const made = await makeFolder(action, folder);
    for (;;) {
      const file = await openLockable(`${action} ${folder}`, path).catch((error) => {
        removeEmpty(made);
        throw error;
      });
      try {
        const locked = await file.tryLock(true), owner = await ownerIn(file);
        if (!locked || owner.includes(IN_NODE)) {
          const stale = hasFlock() && !owner.includes(IN_NODE) ? "" : `; remove ${path} if that process has ended`;
          throw new Error(`Cannot ${action} ${folder}: it is in use by ${owner}${stale}`);
        }
        if (await isCurrent(file, path)) {
          await file.truncate(0);
          await file.seek(0, 0);
          const where = hasFlock() ? "" : IN_NODE;
          await file.write(new TextEncoder().encode(`process ${disk.pid}${where} since ${new Date().toISOString()}`));
          return new FolderLock(path, file, made);
        }
      } catch (error) {
        file.close();
        throw error;
      }
      file.close(); // its last owner removed it between open and lock; another file may have the name now
    }
  }

  /** Removes the file, and the folder if the lock made it and it is empty; then releases the lock. */
  [Symbol.dispose](): void {
    try {
      fileSystem(`remove ${this.path}`).removeFileSync(this.path);
      removeEmpty(this.made);
    } catch { /* removed with its folder, or not removable while it is open: stale is as good */ }
    this.file.close();
  }
}

/** The owner's line; it is written after locking, and may be missing for a moment. */
async function ownerIn(file: LockableFile): Promise<string> {
  const bytes = new Uint8Array(LINE_BYTES);
  const count = await file.read(bytes).catch(() => 0) ?? 0;
  return new TextDecoder().decode(bytes.subarray(0, count)) || "another process";
}

/** Whether a path still names an open file; systems without inode numbers do not remove open files. */
async function isCurrent(file: LockableFile, path: string): Promise<boolean> {
  try {
    const [open, named] = await Promise.all([file.stat(), fileSystem(`read ${path}`).info(path)]);
    return open.ino === named.ino && open.dev === named.dev;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
