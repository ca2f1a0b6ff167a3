// Interface of file access: the size of a file, and the bytes of a range. A source does not list, cache or retry.

/** Origin of a checkpoint: a folder or a file by path or URL, or files by name. */
export type CheckpointSource = string | URL | Record<string, Blob | Uint8Array>;

/** A set of files that can be read in ranges. File names may have folders, with `/`; they never lead outside. */
export interface Source {
  /** Name in error messages: a path, a URL without its query, or "the given files". */
  readonly name: string;
  /** The one file the source was opened on, if it was a file; its neighbours can be read too. */
  readonly file?: string;
  /** True if there is such a file. */
  has(file: string): Promise<boolean>;
  /** The length of the file in bytes; undefined if there is none. */
  size(file: string): Promise<number | undefined>;
  /** Bytes [start, end) of the file: exactly end - start of them, read-only, as they may be the caller's own. */
  read(file: string, start: number, end: number): Promise<Uint8Array>;
}

/** Options of everything that opens a source. */
export interface SourceOptions {
  /** Aborts reading; pending reads reject with the signal's reason. */
  readonly signal?: AbortSignal;
}
