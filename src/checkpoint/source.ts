// Where the files of a checkpoint come from. A source answers two questions, how long is a file and what is in a range
// of it, so that a reader never holds more than it needs. It does not list, cache or retry; it reads what is there now.

/** What a checkpoint can be opened from: a folder or one file by path or URL, or files by name. */
export type CheckpointSource = string | URL | Record<string, Blob | Uint8Array>;

/** A set of files that can be read in ranges. File names may have folders, with `/`; they never lead outside. */
export interface Source {
  /** What error messages call it: a path, a URL without its query, or "the given files". */
  readonly name: string;
  /** The one file the source was opened on, if it was a file; its neighbours can be read too. */
  readonly file?: string;
  /** True if there is such a file. */
  has(file: string): Promise<boolean>;
  /** The length of the file in bytes; undefined if there is none. */
  size(file: string): Promise<number | undefined>;
  /** Bytes [start, end) of the file: exactly end - start of them, to be read only (they may be the caller's own). */
  read(file: string, start: number, end: number): Promise<Uint8Array>;
}

/** Options of everything that opens a source. */
export interface SourceOptions {
  /** Ends reading: whatever is under way rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}
