// Where the files of a checkpoint come from. A source answers two questions, how long is a file and what is in a range
// of it, so that a reader never holds more than it needs. It does not list, cache or retry; it reads what is there now.
import { pathOf } from "./host.ts";
import { pathSource } from "./source_path.ts";
import { httpSource } from "./source_http.ts";
import { memorySource } from "./source_memory.ts";

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

/**
 * Opens a folder or a file by path or URL (`http:`, `https:`, `file:`), or a record of files. Nothing is read yet.
 *
 * A path or URL that ends in `.safetensors` or `.json` is one file, anything else a folder.
 *
 * @throws if the URL is malformed or has another scheme, or the runtime has no file system for a path
 *
 * ```ts
 * const source = openSource({ "config.json": new Uint8Array([123, 125]) });
 * await source.size("config.json"); // 2
 * ```
 */
export function openSource(from: CheckpointSource, options: SourceOptions = {}): Source {
  if (typeof from === "string" && !/^(?:https?|file):/i.test(from)) return pathSource(from, options);
  if (typeof from !== "string" && !(from instanceof URL)) return memorySource(from, options);
  const url = URL.parse(from);
  if (url === null) throw new Error(`Cannot open ${from}: not a valid URL`);
  if (url.protocol === "file:") return pathSource(pathOf(url), options);
  if (/^https?:$/.test(url.protocol)) return httpSource(url, options);
  throw new Error(`Cannot open ${url.protocol} URL: expected http:, https: or file:`);
}
