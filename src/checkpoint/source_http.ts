// Files on a web server, read in ranges. Whole files of servers without ranges are kept.
import type { Source, SourceOptions } from "./source.ts";
import { checkRange, decodePercents, partsOf, splitFile } from "./source_names.ts";
import { displayName, request } from "./http_range.ts";

/** A known file: its size, and its content if the server sent all of it; undefined if it is missing. */
type Known = { readonly size: number; readonly whole?: Blob } | undefined;

/** Opens a folder, or the folder of one file, by http(s) URL; a query belongs to that one file only. */
export function httpSource(url: URL, { signal }: SourceOptions = {}): Source {
  const [folder, encoded] = splitFile(url.pathname);
  const file = encoded && decodePercents(encoded);
  const base = new URL(url.origin + folder.replace(/\/?$/, "/"));
  const locate = (name: string) => name === file ? url : new URL(partsOf(name).map(encodeURIComponent).join("/"), base);
  const known = new Map<string, Promise<Known>>();
  const look = (name: string) => {
    signal?.throwIfAborted();
    const found = known.get(name) ?? probe(locate(name), signal);
    known.set(name, found);
    found.catch(() => known.delete(name)); // a failure is not cached
    return found;
  };
  return {
    name: displayName(url),
    file,
    size: async (name) => (await look(name))?.size,
    has: async (name) => await look(name) !== undefined,
    async read(name, start, end) {
      const there = await look(name);
      checkRange(displayName(locate(name)), start, end, there?.size);
      if (start === end) return new Uint8Array(0);
      if (there!.whole) return new Uint8Array(await there!.whole.slice(start, end).arrayBuffer());
      return await readRange(locate(name), start, end, there!.size, signal);
    },
  };
}

/** Requests the first byte: a server with ranges also states the size, another one sends the whole file. */
async function probe(url: URL, signal?: AbortSignal): Promise<Known> {
  let answer = await request(url, [0, 1], signal);
  if (answer.kind === "range" && answer.size === undefined) answer = await request(url, undefined, signal);
  if (answer.kind === "missing") return undefined;
  if (answer.kind === "whole") return { size: answer.content.size, whole: answer.content };
  if (Number.isSafeInteger(answer.size)) return { size: answer.size! };
  throw new Error(`Cannot read ${displayName(url)}: the server gives its size as ${answer.size} bytes`);
}

async function readRange(url: URL, start: number, end: number, size: number, signal?: AbortSignal) {
  const answer = await request(url, [start, end], signal);
  if (answer.kind === "missing") throw new Error(`Cannot read ${displayName(url)}: it is no longer there`);
  const now = answer.kind === "whole" ? answer.content.size : answer.size ?? size;
  if (now !== size) throw new Error(`Cannot read ${displayName(url)}: it had ${size} bytes, now it has ${now}`);
  if (answer.kind === "range") return answer.bytes;
  return new Uint8Array(await answer.content.slice(start, end).arrayBuffer());
}
