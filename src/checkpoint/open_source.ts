// Opens a source from a path, a URL, or files by name.
import { pathOf } from "./host.ts";
import { describe, isRecord } from "./messages.ts";
import type { CheckpointSource, Source, SourceOptions } from "./source.ts";
import { httpSource } from "./source_http.ts";
import { memorySource } from "./source_memory.ts";
import { pathSource } from "./source_path.ts";

/**
 * Opens a folder or a file by path or URL (`http:`, `https:`, `file:`), or a record of files. No file is read.
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
  if (typeof from !== "string" && !(from instanceof URL)) {
    if (isRecord(from)) return memorySource(from, options);
    throw new Error(`Cannot open ${describe(from)}: expected a path, a URL, or files by name`);
  }
  if (!URL.canParse(from)) throw new Error(`Cannot open ${from}: not a valid URL`);
  const url = new URL(from);
  if (url.protocol === "file:") return pathSource(pathOf(url), options);
  if (/^https?:$/.test(url.protocol)) return httpSource(url, options);
  throw new Error(`Cannot open ${url.protocol} URL: expected http:, https: or file:`);
}
