// Files that the operating system locks for one process.
import { reasonOf } from "./messages.ts";

/** A file that the operating system can lock for this process (flock); of the runtimes only Deno has such files. */
export interface LockableFile {
  close(): void;
  tryLock(exclusive: boolean): Promise<boolean>;
  stat(): Promise<{ readonly ino: number | null; readonly dev: number }>;
  truncate(size: number): Promise<void>;
  read(bytes: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

/** The part of Deno that opens files with locks. */
interface Lockable {
  open(path: string, options: { read: true; write: true; create: true }): Promise<LockableFile>;
}

/**
 * Opens a file that can be locked, and makes it if it is missing.
 *
 * @param action action of the error message, as in "train into runs/1"
 * @throws naming the reason if the file cannot be opened, or the runtime has no file locks
 */
export async function openLockable(action: string, path: string): Promise<LockableFile> {
  const { Deno: deno } = globalThis as { Deno?: Lockable };
  if (deno === undefined) throw new Error(`Cannot ${action}: this runtime has no file locks; run it with Deno`);
  return await deno.open(path, { read: true, write: true, create: true }).catch((error: unknown) => {
    throw new Error(`Cannot ${action}: ${reasonOf(error)}`, { cause: error });
  });
}
