// Interface of file access: the size of a file, and the bytes of a range.

/** Content of a file in memory. */
export type FileContent = Blob | Uint8Array | ArrayBuffer;

/**
 * Origin of a checkpoint: a folder or a file by path or URL, a model of the Hub (`owner/name`, `owner/name@revision`), files
 * by name, the files of a folder that was chosen in a page, or the content of one file of tensors.
 */
export type CheckpointSource =
  | string
  | URL
  | Record<string, Blob | Uint8Array | ArrayBuffer>
  | Iterable<File>
  | Blob
  | Uint8Array
  | ArrayBuffer;

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
  /**
   * Bytes [start, end) of the file: exactly end - start of them, read-only, as they may be the caller's own. `watch` is
   * called with the number of them that are there, as they come over a network.
   */
  read(file: string, start: number, end: number, watch?: (count: number) => void): Promise<Uint8Array>;
  /** As `size`, but undefined also where the size shows only by the end of the file; `size` unless given. */
  sizeSoFar?(file: string): Promise<number | undefined>;
  /** Why a file counts as missing, if the server said more than that. */
  whyMissing?(file: string): string | undefined;
  /** Requests files that will be read soon. */
  prefetch?(files: readonly string[]): void;
  /**
   * Whether all that was read is what the server has now; only an `optimistic` source reads before it knows that. After
   * false it reads from the server.
   */
  confirm?(): Promise<boolean>;
  /** Frees what is kept in memory, ends requests under way, and waits until these have ended; later reads request again. */
  release?(): void | Promise<void>;
}

/** True for a source that is open. */
export function isSource(from: CheckpointSource | Source): from is Source {
  return typeof from === "object" && from !== null && typeof (from as Partial<Source>).read === "function";
}

/** Options of everything that opens a source. */
export interface SourceOptions {
  /** Aborts reading; pending reads reject with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Token for private models of the Hub; `HF_TOKEN` of the environment, or that of `hf auth login`, unless given. */
  readonly token?: string;
  /** Address of the Hub; `HF_ENDPOINT` of the environment, else https://huggingface.co, unless given. */
  readonly endpoint?: string;
  /**
   * Whether files are kept from one load to the next; true unless given. In browsers the Cache API keeps them; elsewhere
   * the Hub's cache folder keeps models of the Hub, or another folder that is given here.
   */
  readonly cache?: boolean | string;
  /** Whether only kept files are used, without any request; `HF_HUB_OFFLINE` of the environment unless given. */
  readonly offline?: boolean;
}

/** The words of an error message for a file that a source does not have. */
export function missingFrom(source: Source, file: string): string {
  const why = source.whyMissing?.(file);
  return `there is none in ${source.name}${why ? `: ${why}` : ""}`;
}
