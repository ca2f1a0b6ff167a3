// Files on a web server, read in blocks.
import type { Order } from "./http/download.ts";
import { type BlockStore, type Downloading, RemoteFile, type Stated } from "./http/file.ts";
import { PageError } from "./http/page.ts";
import { AbsentError } from "./http/reply.ts";
import { displayName, type Timing } from "./http/retry.ts";
import { mostJsonBytes } from "./json.ts";
import { inLine } from "./parallel.ts";
import type { Source, SourceOptions } from "./source.ts";
import { checkRange, decodePercents, partsOf, splitFile } from "./source_names.ts";

/** Maximum size of a tensor file from a server without ranges, which is kept whole: 4 GiB. */
const MOST_WHOLE_BYTES = 2 ** 32;

/** Connections at a time; browsers open no more to one server. */
const CONNECTIONS = 6;

/** Options of {@link httpSource}. */
export interface HttpOptions extends SourceOptions, Timing, Pick<Downloading, "blockBytes"> {}

/** Where the files of a {@link remoteSource} are. */
export interface RemotePlace extends HttpOptions, Pick<Source, "name" | "file"> {
  /** The URL of a file. */
  locate(file: string): URL;
  /** Sends a request; `fetch` unless given. */
  readonly send?: Order["send"];
  /** Keeps files from one load to the next. */
  readonly keep?: FileKeeper;
}

/** Keeps files from one load to the next. */
export interface FileKeeper {
  /** What is kept of a file, if it is the file that the server has now; "missing" where it had none. */
  known(url: URL): Promise<{ stated: Stated; store: BlockStore } | "missing" | undefined>;
  /** Notes that the server has no such file. */
  missing(url: URL): void;
  /** Whether all that was `known` is what the server has now; after false nothing is known any more. */
  confirm(): Promise<boolean>;
  /** Begins to keep a file; undefined for one that cannot be checked later. */
  begin(url: URL, stated: Stated): BlockStore | undefined;
}

/** Opens a folder, or the folder of one file, by http(s) URL; a query belongs to that one file only. */
export function httpSource(url: URL, options: HttpOptions & Pick<RemotePlace, "keep"> = {}): Source {
  const [folder, encoded] = splitFile(url.pathname);
  const file = encoded && decodePercents(encoded);
  const base = new URL(url.origin + folder.replace(/\/?$/, "/"));
  const locate = (name: string) => name === file ? url : new URL(partsOf(name).map(encodeURIComponent).join("/"), base);
  return remoteSource({ ...options, name: displayName(url), file, locate });
}

/** Opens files by their URLs. A file that is missing, or a page instead, is undefined in `look`. */
export function remoteSource(place: RemotePlace): Source {
  const { locate, signal, send = (url, init) => fetch(url, init) } = place;
  const known = new Map<string, Promise<RemoteFile | undefined>>();
  const reasons = new Map<string, string>();
  const connect = inLine(CONNECTIONS);
  let stop = new AbortController();
  const open = async (name: string): Promise<RemoteFile | undefined> => {
    const url = locate(name), tensors = /\.safetensors$/.test(name);
    const { stalledMs, pauseMs, blockBytes, keep } = place;
    const either = AbortSignal.any([stop.signal, ...signal ? [signal] : []]);
    const most = tensors ? MOST_WHOLE_BYTES : mostJsonBytes(name);
    const how = { url, ranged: tensors, most, signal: either, send, stalledMs, pauseMs, blockBytes, connect };
    const kept = await keep?.known(url);
    if (kept === "missing") return undefined;
    if (kept) return new RemoteFile(how, kept.stated, undefined, kept.store);
    if (place.offline) return void reasons.set(name, "`offline` is set, and it is not kept from an earlier load");
    try {
      return await RemoteFile.open(how, (stated) => keep?.begin(url, stated));
    } catch (error) {
      if (error instanceof PageError) reasons.set(name, error.message);
      else if (error instanceof AbsentError) keep?.missing(url);
      else throw error;
    }
  };
  const look = (name: string) => {
    signal?.throwIfAborted();
    const found = known.get(name) ?? open(name);
    known.set(name, found);
    found.catch(() => known.delete(name)); // a failure is not cached
    return found;
  };
  return {
    name: place.name,
    file: place.file,
    size: async (name) => await (await look(name))?.size(),
    sizeSoFar: async (name) => (await look(name))?.sizeSoFar,
    has: async (name) => await look(name) !== undefined,
    async read(name, start, end, watch) {
      const file = await look(name), shown = displayName(locate(name));
      checkRange(shown, start, end, file && (file.sizeSoFar ?? Infinity));
      if (start === end) return new Uint8Array(0);
      const bytes = await file!.read(start, end, watch);
      signal?.throwIfAborted();
      if (bytes.length < end - start) {
        throw new Error(`Cannot read ${shown}: it ends after ${await file!.size()} bytes`);
      }
      return bytes;
    },
    whyMissing: (name) => reasons.get(name),
    confirm: async () => await place.keep?.confirm() ?? true,
    prefetch: (names) => names.forEach((name) => void look(name).catch(() => {})),
    release() {
      stop.abort(new Error("Cannot read: the source was released"));
      stop = new AbortController();
      known.clear();
    },
  };
}
