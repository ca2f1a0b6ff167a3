// Opens a source from a path, a URL, a model of the Hub, or files in memory.
import { browserCache } from "./http/kept_files.ts";
import { fileSystem, hasFileSystem, isMissing, pathOf } from "./host.ts";
import { parseHubId } from "./hub/id.ts";
import { laterSource } from "./later_source.ts";
import type { CheckpointSource, Source, SourceOptions } from "./source.ts";
import { httpSource } from "./source_http.ts";
import { memorySource, namedFiles } from "./source_memory.ts";
import { pathSource } from "./source_path.ts";

/**
 * Opens a folder or a file by path or URL (`http:`, `https:`, `file:`; in browsers also relative ones), a model of the Hub
 * (`owner/name`, `owner/name@revision`) or files in memory. No file is read.
 *
 * A path or URL that ends in `.safetensors` or `.json` is one file, anything else a folder. A name of the form
 * `owner/name` is a model of the Hub where there is no such folder, in browsers no such relative URL.
 *
 * @param options `optimistic`: files that a browser has kept are read before the server has said that they are current;
 * `confirm` of the source then tells
 * @throws if the URL is malformed or has another scheme, or the runtime has no file system for a path
 *
 * ```ts
 * const source = openSource({ "config.json": new Uint8Array([123, 125]) });
 * await source.size("config.json"); // 2
 * ```
 */
export function openSource(
  from: CheckpointSource,
  options: SourceOptions & { readonly optimistic?: boolean } = {},
): Source {
  if (typeof from === "string" && !/^(?:https?|file|ftp|blob|data):/i.test(from)) return namedSource(from, options);
  if (typeof from !== "string" && !(from instanceof URL)) return memorySource(namedFiles(from), options);
  if (!URL.canParse(from)) throw new Error(`Cannot open ${from}: not a valid URL`);
  const url = new URL(from);
  if (url.protocol === "file:") return pathSource(pathOf(url), options);
  if (/^https?:$/.test(url.protocol)) return urlSource(url, options);
  throw new Error(`Cannot open ${url.protocol} URL: expected http:, https: or file:`);
}

/** Options of opening, as of {@link openSource}. */
type Opening = Parameters<typeof openSource>[1];

function urlSource(url: URL, options: Opening = {}): Source {
  return httpSource(url, { ...options, keep: browserCache({ ...options, send: (url, init) => fetch(url, init) }) });
}

/** A path, in browsers a relative URL; or else a model of the Hub. */
function namedSource(name: string, options: Opening = {}): Source {
  const id = parseHubId(name), base = baseUrl();
  if (hasFileSystem() || base === undefined) {
    const path = pathSource(name, options);
    if (id === undefined) return path;
    return laterSource(name, async () => {
      if (await exists(name)) return path;
      const { hubFolderSource } = await import("./hub/source_folder.ts");
      return hubFolderSource({ ...id, elsewhere: "there is no such folder" }, options);
    });
  }
  const url = new URL(name, base);
  if (id === undefined) return urlSource(url, options);
  return laterSource(name, async () => {
    const now = urlSource(url, { ...options, optimistic: false });
    if (await now.has("config.json")) return options.optimistic ? urlSource(url, options) : now;
    const { hubBrowserSource } = await import("./hub/source_browser.ts");
    return hubBrowserSource({ ...id, elsewhere: `there is no ${url.href}/config.json` }, options);
  });
}

/** What relative URLs are relative to, in a page or a worker. */
function baseUrl(): string | undefined {
  const { document, location } = globalThis as { document?: { baseURI: string }; location?: { href: string } };
  const base = document?.baseURI ?? location?.href;
  return base !== undefined && /^https?:/.test(base) ? base : undefined;
}

async function exists(path: string): Promise<boolean> {
  return await fileSystem(`open ${path}`).info(path).then(() => true, (error) => {
    if (isMissing(error)) return false;
    throw error;
  });
}
