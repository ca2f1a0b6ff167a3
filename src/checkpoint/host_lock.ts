// Files that one process at a time locks: by flock in Deno, by making them in Node.
import { fileSystem, isMissing } from "./host.ts";
import { reasonOf } from "./messages.ts";

/** A file that can be locked for this process. */
export interface LockableFile {
  close(): void;
  tryLock(exclusive: boolean): Promise<boolean>;
  stat(): Promise<{ readonly ino: number | null; readonly dev: number }>;
  truncate(size: number): Promise<void>;
  seek(offset: number, whence: 0): Promise<number>;
  read(bytes: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

/** The part of Deno that opens files with locks. */
interface Lockable {
  open(path: string, options: { read: true; write: true; create: true }): Promise<LockableFile>;
}

const denoFiles = () => (globalThis as { Deno?: Lockable }).Deno;

/** Whether the operating system frees the lock of a process that was killed; in Node its file stays. */
export function hasFlock(): boolean {
  return denoFiles() !== undefined;
}

/**
 * Opens a file that can be locked, and makes it if it is missing. In Node the process that makes it has the lock, until it
 * removes the file.
 *
 * @param action action of the error message, as in "train into runs/1"
 * @throws naming the reason if the file cannot be opened
 */
export async function openLockable(action: string, path: string): Promise<LockableFile> {
  try {
    return await (denoFiles()?.open(path, { read: true, write: true, create: true }) ?? openInNode(action, path));
  } catch (error) {
    throw new Error(`Cannot ${action}: ${reasonOf(error)}`, { cause: error });
  }
}

async function openInNode(action: string, path: string): Promise<LockableFile> {
  const disk = fileSystem(action);
  const unless = (expected: (error: unknown) => boolean) => (error: unknown) => {
    if (!expected(error)) throw error;
  };
  const exists = (error: unknown) => (error as { code?: unknown }).code === "EEXIST";
  for (;;) {
    const made = await disk.open(path, "create").catch(unless(exists));
    const file = made ?? await disk.open(path).catch(unless(isMissing)); // removed since
    if (!file) continue;
    return {
      close: () => file.close(),
      tryLock: () => Promise.resolve(made !== undefined),
      stat: () => file.info(),
      truncate: (size) => file.truncate(size),
      seek: () => Promise.resolve(0), // reads and writes are at the beginning anyway
      read: (bytes) => file.read(bytes, 0),
      write: (bytes) => file.write(bytes, 0),
    };
  }
}
