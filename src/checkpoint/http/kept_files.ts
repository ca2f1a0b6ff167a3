// Files that a browser keeps from one load to the next, block by block, in its Cache API.
import type { Order } from "./download.ts";
import { BLOCK_BYTES, type BlockStore } from "./file.ts";
import { tagOf } from "./reply.ts";
import { displayName } from "./retry.ts";
import { hasFileSystem } from "../host.ts";
import type { SourceOptions } from "../source.ts";
import type { FileKeeper } from "../source_http.ts";

/** Name of the cache; its number changes with the form of its entries. */
const CACHE = "refrain-files-1";

/** What is known of a kept file. */
interface Meta {
  readonly tag: string;
  readonly size: number;
}

/** Keeps texts about URLs. */
export interface Notes {
  /** The text; undefined if there is none. */
  noted(url: URL): Promise<string | undefined>;
  /** Keeps a text. */
  note(url: URL, text: string): Promise<void>;
}

/** Options of {@link browserCache}. */
export interface KeeperOptions extends SourceOptions {
  /** Sends a request. */
  readonly send: Order["send"];
  /** Whether kept files are used before the server has said that they are current; {@link FileKeeper.confirm} tells. */
  readonly optimistic?: boolean;
  /** Whether the URLs name a commit; its files do not change. */
  readonly pinned?: boolean;
  /** Where files are kept; the Cache API of browsers unless given. */
  readonly caches?: Pick<CacheStorage, "open">;
}

/** The cache of a browser; undefined elsewhere, in pages without https, and where no cache is wanted. */
export function browserCache(options: KeeperOptions): (FileKeeper & Notes) | undefined {
  const storage = options.caches ?? (hasFileSystem() ? undefined : globalThis.caches);
  if (options.cache === false || storage === undefined) return undefined;
  const cache = storage.open(CACHE), checks: Promise<boolean>[] = [];
  cache.catch(() => {}); // pages without storage: every use of it fails
  const kept = (url: URL) => new KeptFile(cache, url), certain = options.offline || options.pinned;
  let trusted = true;
  /** Whether a file is still as it is kept: at once where the answer is checked later. */
  const isCurrent = async (url: URL, tag: string | null) => {
    if (certain) return true;
    const check = versionNow(options, url).then((now) => now === tag);
    if (!options.optimistic) return await check;
    checks.push(check.catch(() => false));
    return true;
  };
  return {
    async known(url) {
      if (!trusted) return undefined;
      const file = kept(url), meta = await file.meta();
      if (meta) {
        return await isCurrent(url, meta.tag)
          ? { stated: { ...meta, whole: false }, store: file.store(meta.tag) }
          : undefined;
      }
      const missing = (options.optimistic || certain) && await file.isMissing() && await isCurrent(url, null);
      return missing ? "missing" : undefined;
    },
    missing: (url) => void kept(url).setMissing(),
    async confirm() {
      const same = (await Promise.all(checks.splice(0))).every(Boolean);
      trusted &&= same;
      return same;
    },
    begin: (url, { tag }) => tag === undefined ? undefined : kept(url).store(tag),
    noted: (url) => kept(url).noted(),
    note: (url, text) => kept(url).note(text),
  };
}

/** The version that the server has, null where it has no such file; undefined where it does not say it, or fails. */
async function versionNow({ send, signal }: KeeperOptions, url: URL): Promise<string | null | undefined> {
  try {
    const response = await send(url, { method: "HEAD", cache: "no-store", signal });
    await response.body?.cancel();
    if (response.status === 404 || response.status === 410) return null;
    return response.ok ? tagOf(response.headers) : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined; // the download that follows says what is wrong
  }
}

/** Bytes of an origin. */
interface Estimate {
  usage?: number;
  quota?: number;
}

/** The room of this origin, where the browser tells. */
async function room(): Promise<string> {
  const { navigator } = globalThis as { navigator?: { storage?: { estimate(): Promise<Estimate> } } };
  const { usage, quota }: Estimate = await navigator?.storage?.estimate().catch(() => undefined) ?? {};
  return quota === undefined ? "" : `, ${usage} of ${quota} bytes of this origin are used`;
}

/** The entries of one file. */
class KeptFile {
  constructor(readonly cache: Promise<Cache>, readonly url: URL) {}

  /** What is known of the file; undefined if it is not kept. */
  async meta(): Promise<Meta | undefined> {
    const entry = await this.#match("meta");
    return await entry?.json().catch(() => undefined);
  }

  /** Whether the server had no such file. */
  async isMissing(): Promise<boolean> {
    return await this.#match("missing") !== undefined;
  }

  /** Notes that the server has no such file. */
  async setMissing(): Promise<void> {
    if (!await this.isMissing()) await this.#put("missing", "", false);
  }

  /** The text about the URL. */
  async noted(): Promise<string | undefined> {
    return await (await this.#match("note"))?.text();
  }

  /** Keeps a text about the URL. */
  async note(text: string): Promise<void> {
    if (await this.noted() !== text) await this.#put("note", text);
  }

  /** The blocks of the version that the server has; those of another one are removed when the first block comes. */
  store(tag: string): BlockStore {
    const meta = this.meta();
    let ready: Promise<boolean> | undefined;
    return {
      get: async (block) => {
        if ((await meta)?.tag !== tag) return undefined;
        const entry = await this.#match(`block-${block}`);
        return entry && new Uint8Array(await entry.arrayBuffer());
      },
      put: async (block, bytes, size) => {
        ready ??= meta.then((before) => before?.tag === tag || this.#begin({ tag, size }, before));
        if (!await ready) return;
        if (!await this.#put(`block-${block}`, bytes)) ready = this.#remove({ tag, size }).then(() => false);
      },
    };
  }

  async #begin(meta: Meta, before?: Meta): Promise<boolean> {
    await this.#remove(before ?? { tag: "", size: 0 });
    return await this.#put("meta", JSON.stringify(meta));
  }

  #key(entry: string): URL {
    const key = new URL(this.url);
    key.searchParams.set("refrain", entry);
    return key;
  }

  async #match(entry: string): Promise<Response | undefined> {
    return await this.cache.then((cache) => cache.match(this.#key(entry))).catch(() => undefined);
  }

  /** Keeps an entry; false where there is no room, with a warning if `warn`. */
  async #put(entry: string, body: string | Uint8Array<ArrayBuffer>, warn = true): Promise<boolean> {
    try {
      await (await this.cache).put(this.#key(entry), new Response(body));
      return true;
    } catch (error) {
      if (warn) console.warn(`Cannot keep ${displayName(this.url)} for the next load: ${error}${await room()}`);
      return false;
    }
  }

  async #remove({ size }: Meta): Promise<void> {
    const blocks = Array.from({ length: Math.ceil(size / BLOCK_BYTES) }, (_, block) => `block-${block}`);
    for (const entry of ["meta", "missing", ...blocks]) {
      await this.cache.then((cache) => cache.delete(this.#key(entry))).catch(() => false);
    }
  }
}
